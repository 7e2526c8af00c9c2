// SPDX-License-Identifier: Apache-2.0
// The same questions to DuckDB, which npm has as a library only:
//
//   node duckdb.mjs conn.log|conn.json|eve.json plain LIST FILE...
//   node duckdb.mjs conn.log mixed LIST.csv FILE...
//
// prints one JSON object of counts. One thread; columns are named, so that nothing is guessed and only what the
// question needs is converted. $DUCKDB_NODE is the folder with node_modules.
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.resolve(process.env.DUCKDB_NODE ?? '.', 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');

const [what, how, list, ...names] = process.argv.slice(2);
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const files = `[${names.map(quoted).join(', ')}]`;

const connColumns = ['ts', 'uid', 'orig_h', 'orig_p', 'resp_h', 'resp_p', 'proto', 'service', 'duration', 'orig_bytes',
  'resp_bytes', 'conn_state', 'local_orig', 'local_resp', 'missed_bytes', 'history', 'orig_pkts', 'orig_ip_bytes',
  'resp_pkts', 'resp_ip_bytes', 'tunnel_parents', 'ip_proto'];
const connTypes = { ts: 'DOUBLE', orig_p: 'INTEGER', resp_p: 'INTEGER', duration: 'DOUBLE', orig_bytes: 'BIGINT',
  resp_bytes: 'BIGINT' };
const struct = (names, types) => `{${names.map((n) => `'${n}': '${types[n] ?? 'VARCHAR'}'`).join(', ')}}`;

const sources = {
  'conn.log': `read_csv(${files}, delim='\t', header=false, auto_detect=false, comment='#', quote='', escape='',
    nullstr='-', columns=${struct(connColumns, connTypes)})`,
  'conn.json': `(select "id.orig_h" as orig_h, "id.resp_h" as resp_h from read_json(${files}, format='newline_delimited',
    auto_detect=false, columns={'id.orig_h': 'VARCHAR', 'id.resp_h': 'VARCHAR'}))`,
  // Answers to DNS queries touch by the responder only, and nothing else of them can meet an address here.
  'eve.json': `(select src_ip as orig_h, dest_ip as resp_h from read_json(${files}, format='newline_delimited',
    auto_detect=false, columns={'event_type': 'VARCHAR', 'src_ip': 'VARCHAR', 'dest_ip': 'VARCHAR'})
    where event_type in ('flow', 'dns', 'tls', 'http'))`,
};

const plain = [
  `create table list as select * from read_csv(${quoted(list)}, header=false, auto_detect=false,
     columns={'a': 'VARCHAR'})`,
  `select count(*) as matched from ${sources[what]}
     where orig_h in (select a from list) or resp_h in (select a from list)`,
];

// Addresses as numbers (IPv6 as 32 hexadecimal digits). Lines are passed first by one look-up of the shortest prefix that
// the list has; of those left, a network of n bits is met by equal first n bits, one look-up for each length: quicker
// than a join by ranges. The few lines that meet something are joined with what the list says.
const mixed = async (query) => {
  await query(`create macro number(p) as p[1] * 16777216 + p[2] * 65536 + p[3] * 256 + p[4]`);
  await query(`create macro v4(a) as number(string_split(a, '.')::BIGINT[])`);
  await query(`create macro groups(a) as case when a = '' then 0 else length(a) - length(replace(a, ':', '')) + 1 end`);
  await query(`create macro wide(a) as coalesce(list_aggregate(
    [lpad(g, 4, '0') for g in string_split(a, ':') if g <> ''], 'string_agg', ''), '')`);
  await query(`create macro v6(a) as case when contains(a, '::')
    then concat(wide(split_part(a, '::', 1)),
      repeat('0000', 8 - groups(split_part(a, '::', 1)) - groups(split_part(a, '::', 2))), wide(split_part(a, '::', 2)))
    else wide(a) end`);
  await query(`create table list as select split_part(indicator, '/', 1) as a, contains(indicator, ':') as wide,
      coalesce(nullif(split_part(indicator, '/', 2), '')::INTEGER, case when contains(indicator, ':') then 128 else 32 end)
        as bits, port, coalesce(epoch(valid_from), -1e18) as since, coalesce(epoch(valid_until), 1e18) as til
    from read_csv(${quoted(list)}, header=true, auto_detect=false, timestampformat='%Y-%m-%dT%H:%M:%SZ',
      columns={'indicator': 'VARCHAR', 'port': 'INTEGER', 'valid_from': 'TIMESTAMP', 'valid_until': 'TIMESTAMP',
        'malware': 'VARCHAR'})`);
  await query('create table list4 as select v4(a) >> (32 - bits) as net, bits, port, since, til from list where not wide');
  await query('create table list6 as select left(v6(a), bits // 4) as net, bits, port, since, til from list where wide');
  const lengths = async (table) => (await query(`select distinct bits from ${table} order by 1`)).map((r) => r[0]);
  const l4 = await lengths('list4');
  const l6 = await lengths('list6');
  const number = (a, n) => `case when not contains(${a}, ':') then v4(${a}) end as ${n}4,
    case when contains(${a}, ':') then v6(${a}) end as ${n}6`;
  const listed = (n) => [
    ...l4.map((b) => `${n}4 >> ${32 - b} in (select net from list4 where bits = ${b})`),
    ...l6.map((b) => `left(${n}6, ${b / 4}) in (select net from list6 where bits = ${b})`),
  ].join(' or ');
  const near = (n) => [
    ...l4.slice(0, 1).map((b) => `${n}4 >> ${32 - b} in (select net >> (bits - ${b}) from list4)`),
    ...l6.slice(0, 1).map((b) => `left(${n}6, ${b / 4}) in (select left(net, ${b / 4}) from list6)`),
  ].join(' or ');
  await query(`create table candidate as select * from (
      select ts, conn_state, orig_p, resp_p, ${number('orig_h', 'orig')}, ${number('resp_h', 'resp')}
      from ${sources[what]} where duration is null or duration + orig_bytes + resp_bytes >= 0)
    where ${near('orig')} or ${near('resp')}`);
  await query(`create table line as select *, row_number() over () as id from candidate
    where ${listed('orig')} or ${listed('resp')}`);
  await query(`create view side as
    select id, ts, conn_state, true as outward, resp4 as n4, resp6 as n6, resp_p as door from line
    union all select id, ts, conn_state, false, orig4, orig6, orig_p from line`);
  await query(`create view met as ${[
    ...l4.map((b) => `select s.*, l.port, l.since, l.til from side s join list4 l
      on l.bits = ${b} and l.net = s.n4 >> ${32 - b}`),
    ...l6.map((b) => `select s.*, l.port, l.since, l.til from side s join list6 l
      on l.bits = ${b} and l.net = left(s.n6, ${b / 4})`),
  ].join(' union all ')}`);
  // A line may meet an address by several entries: they count together.
  return query(`with touch as (
      select id, outward, not outward and any_value(conn_state) = 'S0' as knock,
        bool_or(ts between since and til) as holds,
        bool_or(ts between since and til and (port is null or port = door)) as fits
      from met group by id, outward)
    select count(*) as matched,
      count(*) filter (knock) as inbound,
      count(*) filter (not knock and not holds) as outside,
      count(*) filter (not knock and holds and fits) as "on",
      count(*) filter (not knock and holds and not fits) as off
    from touch`);
};

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
const run = async (sql) => {
  const reader = await connection.runAndReadAll(sql);
  run.names = reader.columnNames();
  return reader.getRows();
};

let rows;
if (how === 'mixed')
  rows = await mixed(run);
else
  for (const sql of plain)
    rows = await run(sql);
console.log(JSON.stringify(Object.fromEntries(run.names.map((n, i) => [n, Number(rows[0][i])]))));
