/* SPDX-License-Identifier: Apache-2.0 */
#include "format/ind_row.h"

#include "format/misp.h"
#include "format/text.h"

/* Names in use for each column, letters and digits only, the surest first. */
static const char *const names[IND_COLUMNS][24] = {
	[IND_VALUE] = { "indicator", "indicatorvalue", "ioc", "iocvalue", "observable",
			"observablevalue", "value", "indicators", "iocs", "artifact" },
	[IND_URL] = { "url", "uri", "maliciousurl", "c2url" },
	[IND_DOMAIN] = { "domain", "domainname", "hostname", "fqdn", "host", "c2domain" },
	[IND_ADDRESS] = { "ip",          "ipaddress",     "ipaddr",   "dstip",
			  "destip",      "destinationip", "dstaddr",  "address",
			  "addr",        "ipv4",          "ipv6",     "ipv4address",
			  "ipv6address", "c2ip",          "remoteip", "server",
			  "serverip",    "cidr",          "network",  "subnet",
			  "netblock",    "prefix",        "c2",       "controller" },
	[IND_HASH] = { "sha256", "sha1", "md5", "sha512", "hash", "sha256hash", "sha1hash",
		       "md5hash", "filehash" },
	[IND_PORT] = { "port", "dstport", "destport", "destinationport", "c2port", "remoteport",
		       "serverport" },
	[IND_TYPE] = { "indicatortype", "ioctype", "type", "observabletype", "valuetype" },
	[IND_ROLE] = { "role", "threattype", "threat", "usage" },
	[IND_FAMILY] = { "family", "malwarefamily", "malwareprintable", "malware", "malwarename",
			 "familyname", "signature", "tags", "tag" },
	[IND_FROM] = { "firstseenutc", "firstseen", "validfrom", "listedfrom", "from",
		       "firstseentime", "firstobserved", "dateadded", "startdate", "starttime",
		       "added", "created", "listed", "date", "submissiontime" },
	[IND_UNTIL] = { "validuntil", "validto", "listeduntil", "until", "expiration", "expires",
			"expirationdate", "expiry", "enddate", "endtime" },
	[IND_SEEN] = { "lastseenutc", "lastseen", "lastonline", "lastseentime", "lastobserved" },
	[IND_SOURCE] = { "source", "feed", "feedname", "sourcename", "provider", "reporter" },
	[IND_CONFIDENCE] = { "confidence", "confidencelevel" },
	[IND_REFERENCE] = { "reference", "references", "link", "referenceurl", "urlhauslink" },
	[IND_REVOKED] = { "revoked" },
	[IND_TO_IDS] = { "toids" },
};

#define NAMES_MAX (sizeof names[0] / sizeof names[0][0])

/* What a word in a column of types says; *use is false for what networks and files don't show. */
static const struct {
	const char *word;
	enum said said;
	bool use;
} types[] = {
	{ "ip", SAID_ADDRESS, true },
	{ "ipv4", SAID_ADDRESS, true },
	{ "ipv6", SAID_ADDRESS, true },
	{ "ipaddress", SAID_ADDRESS, true },
	{ "ipaddr", SAID_ADDRESS, true },
	{ "address", SAID_ADDRESS, true },
	{ "ipv4addr", SAID_ADDRESS, true },
	{ "ipv6addr", SAID_ADDRESS, true },
	{ "ipv4address", SAID_ADDRESS, true },
	{ "ipv6address", SAID_ADDRESS, true },
	{ "ipport", SAID_ADDRESS, true },
	{ "ipdst", SAID_ADDRESS, true },
	{ "ipsrc", SAID_ADDRESS, true },
	{ "cidr", SAID_ADDRESS, true },
	{ "subnet", SAID_ADDRESS, true },
	{ "network", SAID_ADDRESS, true },
	{ "netblock", SAID_ADDRESS, true },
	{ "domain", SAID_DOMAIN, true },
	{ "domainname", SAID_DOMAIN, true },
	{ "hostname", SAID_DOMAIN, true },
	{ "host", SAID_DOMAIN, true },
	{ "fqdn", SAID_DOMAIN, true },
	{ "url", SAID_URL, true },
	{ "uri", SAID_URL, true },
	{ "md5", SAID_HASH, true },
	{ "sha1", SAID_HASH, true },
	{ "sha256", SAID_HASH, true },
	{ "sha512", SAID_HASH, true },
	{ "hash", SAID_HASH, true },
	{ "filehash", SAID_HASH, true },
	{ "md5hash", SAID_HASH, true },
	{ "sha1hash", SAID_HASH, true },
	{ "sha256hash", SAID_HASH, true },
	{ "filehashmd5", SAID_HASH, true },
	{ "filehashsha1", SAID_HASH, true },
	{ "filehashsha256", SAID_HASH, true },
	{ "email", SAID_NOTHING, false },
	{ "emailaddr", SAID_NOTHING, false },
	{ "emailsrc", SAID_NOTHING, false },
	{ "emaildst", SAID_NOTHING, false },
	{ "emailaddress", SAID_NOTHING, false },
	{ "filename", SAID_NOTHING, false },
	{ "filepath", SAID_NOTHING, false },
	{ "file", SAID_NOTHING, false },
	{ "path", SAID_NOTHING, false },
	{ "mutex", SAID_NOTHING, false },
	{ "regkey", SAID_NOTHING, false },
	{ "registrykey", SAID_NOTHING, false },
	{ "registry", SAID_NOTHING, false },
	{ "cve", SAID_NOTHING, false },
	{ "vulnerability", SAID_NOTHING, false },
	{ "yara", SAID_NOTHING, false },
	{ "useragent", SAID_NOTHING, false },
	{ "ja3", SAID_NOTHING, false },
	{ "ja3s", SAID_NOTHING, false },
	{ "jarm", SAID_NOTHING, false },
	{ "imphash", SAID_NOTHING, false },
	{ "ssdeep", SAID_NOTHING, false },
	{ "asn", SAID_NOTHING, false },
	{ "as", SAID_NOTHING, false },
	{ "port", SAID_NOTHING, false },
};

/* How sure a name is to mean this column: 0 not, else the more the better. */
static unsigned means(struct str name, size_t column)
{
	for (size_t i = 0; i < NAMES_MAX && names[column][i]; i++)
		if (csv_named(name, names[column][i]))
			return (unsigned)(NAMES_MAX - i);
	return 0;
}

bool ind_column_named(struct str name, enum ind_column *out, unsigned *sure)
{
	unsigned best = 0;

	for (size_t c = 0; c < IND_COLUMNS; c++) {
		unsigned m = means(name, c);

		if (m > best) {
			best = m;
			*out = (enum ind_column)c;
		}
	}
	*sure = best;
	return best > 0;
}

static int find_named(const struct str *fields, int n, struct str name)
{
	for (int i = 0; i < n; i++)
		if (str_ieq(str_trim(fields[i]), str_trim(name)))
			return i;
	return -1;
}

static void take_hints(const struct str *fields, int n, const struct reader_hints *h,
		       struct ind_columns *out, bool *said)
{
	for (size_t k = 0; k < h->n_columns; k++)
		for (size_t c = 0; c < IND_COLUMNS; c++)
			if (means(h->columns[k][0], c)) {
				int at = find_named(fields, n, h->columns[k][1]);

				/* Another file's column: its name says nothing here. */
				if (at < 0)
					break;
				out->at[c] = at;
				said[c] = true;
				break;
			}
}

int ind_columns(struct str header, const struct reader_hints *h, struct ind_columns *out,
		const char **why)
{
	struct ind_columns cols = { .sep = csv_separator(header) };
	struct str fields[CSV_FIELDS_MAX];
	bool said[IND_COLUMNS] = { false }, uuid = false, event = false, category = false;
	unsigned sure[IND_COLUMNS] = { 0 };
	struct buf scratch;
	int n, known = 0;

	buf_init(&scratch, 0);
	n = csv_split(header, cols.sep, &scratch, fields, why);
	if (n < 0)
		goto out;
	cols.n = (unsigned)n;
	for (size_t c = 0; c < IND_COLUMNS; c++)
		cols.at[c] = -1;
	if (h)
		take_hints(fields, n, h, &cols, said);
	for (int i = 0; i < n; i++) {
		uuid |= csv_named(fields[i], "uuid");
		event |= csv_named(fields[i], "eventid");
		category |= csv_named(fields[i], "category");
		for (size_t c = 0; c < IND_COLUMNS; c++) {
			unsigned m = said[c] ? 0 : means(fields[i], c);

			if (m > sure[c]) {
				sure[c] = m;
				cols.at[c] = i;
			}
		}
	}
	cols.misp = uuid && event && category && cols.at[IND_TYPE] >= 0 && cols.at[IND_VALUE] >= 0;
	if (cols.misp) {
		/* The date is that of the last edit; the category is the role. */
		cols.at[IND_FROM] = said[IND_FROM] ? cols.at[IND_FROM] : -1;
		for (int i = 0; i < n && !said[IND_ROLE]; i++)
			if (csv_named(fields[i], "category"))
				cols.at[IND_ROLE] = i;
	}
	for (size_t c = 0; c < IND_COLUMNS; c++)
		known += cols.at[c] >= 0;
	for (int i = 0; i < n && cols.n_hashes < IND_HASHES_MAX; i++)
		if (i != cols.at[IND_HASH] && means(fields[i], IND_HASH) && !said[IND_HASH])
			cols.hashes[cols.n_hashes++] = i;
	if (cols.at[IND_VALUE] < 0 && cols.at[IND_URL] < 0 && cols.at[IND_DOMAIN] < 0 &&
	    cols.at[IND_ADDRESS] < 0 && cols.at[IND_HASH] < 0)
		known = 0;
	*out = cols;
	n = known;
out:
	buf_free(&scratch);
	return n;
}

int ind_split(struct str line, char sep, struct str fields[CSV_FIELDS_MAX], struct sink *sink)
{
	const char *why = NULL;
	int n = -1;

	buf_clear(&sink->scratch);
	/* The fields undone, and twice what recognising may take (a pair of values). */
	if (!buf_room(&sink->scratch, line.n + 1 + 2 * INDICATOR_ROOM(line.n)))
		why = "no memory for the line";
	else
		n = csv_split(line, sep, &sink->scratch, fields, &why);
	if (n < 0)
		sink_bad(sink, "%s", why);
	return n;
}

static bool one_end(struct str s, bool end, int64_t *out)
{
	bool is_date;
	int64_t t;

	s = str_trim(s);
	if (text_none(s) || str_starts(s, STR("0000-00-00"))) {
		*out = TIME_NONE;
		return true;
	}
	if (!time_parse(s, &t, &is_date))
		return false;
	*out = end && is_date ? t + TIME_DAY - 1 : t;
	return true;
}

bool ind_validity(struct str from, struct str until, struct indicator *ind, const char **why)
{
	int64_t a, b;

	if (!one_end(from, false, &a))
		*why = "the beginning of its validity is no time from 1970 to 2100";
	else if (!one_end(until, true, &b))
		*why = "the end of its validity is no time from 1970 to 2100";
	else {
		ind->from = a;
		ind->until = b;
		return true;
	}
	return false;
}

bool ind_sighted(struct str from, struct str seen, bool ended, struct indicator *ind, const char **why)
{
	if (!ind_validity(from, seen, ind, why))
		return false;
	ind->seen = ind->until;
	if (!ended)
		ind->until = TIME_NONE;
	return true;
}

/*
 * Of a row that may state both an end and when it was seen. People write dates in many ways, and
 * 3/4/2020 is one of two days: such a date is as none, and the value counts for more than that.
 */
static bool dated(const struct ind_columns *c, const struct str f[IND_COLUMNS],
		  struct indicator *ind, struct sink *sink)
{
	int64_t from = TIME_NONE, until = TIME_NONE, seen = TIME_NONE;
	bool ok = one_end(f[IND_FROM], false, &from);
	const char *what = ok ? "end" : "beginning";

	ok &= one_end(f[IND_SEEN], true, &seen);
	ok &= one_end(f[IND_UNTIL], true, &until);
	if (!ok && c->dates_matter) {
		sink_bad(sink, "the %s of its validity is no time from 1970 to 2100", what);
		return false;
	}
	if (!ok)
		sink_undated(sink);
	ind->from = from;
	ind->seen = seen;
	ind->until = text_none(str_trim(f[IND_UNTIL])) || (until == TIME_NONE && !ok) ? seen : until;
	return true;
}

bool ind_give(struct str text, enum said said, struct indicator *ind, struct sink *sink)
{
	uint16_t port = ind->port;
	struct errinfo ei;

	if (indicator_said(text, said, &sink->scratch, ind, &ei)) {
		sink_bad(sink, "%s", ei.msg);
		return false;
	}
	/* A port in a column of its own belongs to what names none. */
	if (ind->port == 0 && ind->type != IT_HASH)
		ind->port = port;
	sink->indicator(sink->ctx, ind);
	return true;
}

static uint8_t part_of_one(struct str s)
{
	unsigned v = s.p[0] == '1' ? 100 : 0, unit = 10;

	for (size_t i = 2; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 255;
		v += (unsigned)(s.p[i] - '0') * unit;
		unit /= 10;
	}
	return v <= 100 ? (uint8_t)v : 255;
}

uint8_t ind_confidence(struct str s)
{
	uint64_t v;
	bool percent;

	s = str_trim(s);
	percent = s.n && s.p[s.n - 1] == '%';
	s.n -= percent;
	if (str_u64(s, 100, &v))
		return (uint8_t)v;
	/* "0.85"; hundredths are enough, and 1 without a point is one of a hundred. */
	if (!percent && s.n > 2 && s.p[1] == '.' && (s.p[0] == '0' || s.p[0] == '1'))
		return part_of_one(s);
	if (str_iis(s, "high"))
		return 85;
	if (str_iis(s, "medium") || str_iis(s, "moderate"))
		return 50;
	if (str_iis(s, "low"))
		return 15;
	return 255;
}

struct str ind_family(struct str s)
{
	s = str_trim(s);
	if (text_none(s) || str_iis(s, "unknown") || str_iis(s, "unknown malware") ||
	    str_iis(s, "unknown_malware"))
		return STR_NONE;
	return s;
}

static bool truth(struct str s)
{
	return str_is(s, "1") || str_iis(s, "true") || str_iis(s, "yes");
}

static bool set_port(struct str s, struct indicator *ind, struct sink *sink)
{
	uint64_t v = 0;

	s = str_trim(s);
	if (!text_none(s) && !str_u64(s, UINT64_MAX, &v)) {
		sink_bad(sink, "the port is no number");
		return false;
	}
	if (v > 65535) {
		sink_bad(sink, "port over 65535");
		return false;
	}
	ind->port = (uint16_t)v;
	return true;
}

/* The attributes of MISP: values in pairs, types of its own. */
static void misp_row(struct str type, struct str value, struct indicator *ind, struct sink *sink)
{
	struct misp_value v[2];
	int n = misp_values(str_trim(type), str_trim(value), v);

	sink->unused += n == 0;
	for (int i = 0; i < n; i++) {
		struct indicator one = *ind;

		if (set_port(v[i].port, &one, sink))
			(void)ind_give(v[i].text, v[i].said, &one, sink);
	}
}

/* A column of types may hold types, or roles. False: nothing that this program can use. */
static bool set_type(struct str s, bool role_said, struct indicator *ind, enum said *said)
{
	s = str_trim(s);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (csv_named(s, types[i].word)) {
			*said = types[i].said;
			return types[i].use;
		}
	if (!role_said)
		ind->role_said = role_find(s, &ind->role);
	return true;
}

/* The hashes of the other columns; one that two columns hold is one. */
static void more_hashes(const struct ind_columns *c, const struct str *fields, int n,
			const struct indicator *like, unsigned *given, struct sink *sink)
{
	for (unsigned i = 0; i < c->n_hashes; i++) {
		struct indicator one = *like;
		struct str text = c->hashes[i] < n ? str_trim(fields[c->hashes[i]]) : STR_NONE;

		if (text_none(text) ||
		    (c->at[IND_HASH] < n && str_ieq(text, str_trim(fields[c->at[IND_HASH]]))))
			continue;
		(*given)++;
		(void)ind_give(text, SAID_HASH, &one, sink);
	}
}

void ind_fields(const struct ind_columns *c, const struct str *fields, int n, struct sink *sink)
{
	static const enum said typed[] = {
		[IND_URL] = SAID_URL,
		[IND_DOMAIN] = SAID_DOMAIN,
		[IND_ADDRESS] = SAID_ADDRESS,
		[IND_HASH] = SAID_HASH,
	};
	struct indicator ind = indicator_init();
	enum said said = SAID_NOTHING;
	struct str f[IND_COLUMNS];
	unsigned given = 0;

	for (size_t i = 0; i < IND_COLUMNS; i++)
		f[i] = c->at[i] >= 0 && c->at[i] < n ? fields[c->at[i]] : STR_NONE;
	if (!dated(c, f, &ind, sink))
		return;
	if (c->at[IND_TO_IDS] >= 0 && f[IND_TO_IDS].n && !truth(str_trim(f[IND_TO_IDS]))) {
		sink->unused++;
		return;
	}
	ind.role = c->misp ? misp_role(str_trim(f[IND_ROLE])) : role_parse(f[IND_ROLE]);
	ind.role_said = !c->misp && str_trim(f[IND_ROLE]).n;
	ind.family = ind_family(f[IND_FAMILY]);
	ind.source = str_trim(f[IND_SOURCE]);
	ind.reference = text_none(str_trim(f[IND_REFERENCE])) ? STR_NONE : str_trim(f[IND_REFERENCE]);
	ind.confidence = ind_confidence(f[IND_CONFIDENCE]);
	ind.revoked = truth(str_trim(f[IND_REVOKED]));
	if (c->misp) {
		misp_row(f[IND_TYPE], f[IND_VALUE], &ind, sink);
		return;
	}
	if (!set_type(f[IND_TYPE], str_trim(f[IND_ROLE]).n > 0, &ind, &said)) {
		sink->unused++;
		return;
	}
	if (!set_port(f[IND_PORT], &ind, sink))
		return;
	if (c->at[IND_VALUE] >= 0) {
		(void)ind_give(f[IND_VALUE], said, &ind, sink);
		return;
	}
	for (size_t i = IND_URL; i <= IND_HASH; i++) {
		struct indicator one = ind;

		/* Beside a URL its host and address are only where it lies: listing them would say
		 * more. */
		if (text_none(str_trim(f[i])) ||
		    (given && i > IND_URL && i < IND_HASH && !text_none(str_trim(f[IND_URL]))))
			continue;
		given++;
		(void)ind_give(f[i], typed[i], &one, sink);
	}
	if (c->n_hashes)
		more_hashes(c, fields, n, &ind, &given, sink);
	if (!given)
		sink_bad(sink, "no value");
}

void ind_rows(const struct ind_columns *c, struct str block, struct sink *sink)
{
	struct table t = table_begin(block, sink);
	struct str fields[CSV_FIELDS_MAX], line;

	while (table_row(&t, &line)) {
		int n;

		if (!c) {
			sink_bad(sink, "a row before any header");
			continue;
		}
		/* The fields undone, and twice what recognising may take (a pair of values). */
		n = table_split(&t, line, c->sep, (int)c->n, 5, 2 * INDICATOR_ROOM(0) + 1, fields);
		if (n > (int)c->n)
			sink_bad(sink, "%d fields where the header names %u", n, c->n);
		else if (n >= 0)
			ind_fields(c, fields, n, sink);
	}
}
