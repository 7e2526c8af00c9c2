/* SPDX-License-Identifier: Apache-2.0 */
/* Telemetry as text: Zeek's conn.log both ways, and Suricata's events. */
#include "base/mix.h"
#include "gen_write.h"

static const char *const zeek_service[] = { "-",        "dns", "ssl", "http",
					    "quic,ssl", "ntp", "ssh", "smtp" };
static const char *const zeek_state[] = { "SF", "S0", "REJ", "RSTO", "RSTR", "OTH", "SHR", "S1" };
static const char *const tcp_history[] = { "ShADadFf", "S", "Sr",    "ShADadR",
					   "ShADadfr", "C", "^hAdf", "ShADad" };

static const char *history(const struct flow *f)
{
	return f->proto == 6          ? tcp_history[f->state]
	       : f->proto != 17       ? "-"
	       : f->state == STATE_S0 ? "D"
				      : "Dd";
}

static const char *proto_name(const struct flow *f)
{
	return f->proto == 6 ? "tcp" : f->proto == 17 ? "udp" : "icmp";
}

static uint64_t wire_bytes(const struct flow *f, uint64_t bytes, uint32_t packets)
{
	return bytes + (uint64_t)packets * (f->v6 ? 60 : 40);
}

static char *put_uid(char *p, uint64_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	uint64_t a = mix64(n * 2 + 1), b = mix64(n * 2 + 2);

	*p++ = 'C';
	for (unsigned i = 0; i < 17; i++) {
		uint64_t *from = i % 2 ? &a : &b;

		*p++ = letters[*from % 62];
		*from /= 62;
	}
	return p;
}

static bool close_text(void *state)
{
	struct out *o = state;
	bool good = out_close(o);

	free(o);
	return good;
}

static void *open_text(const char *dir, const char *name)
{
	struct out *o = malloc(sizeof *o);

	if (o && out_open(o, dir, name))
		return o;
	free(o);
	return NULL;
}

/* ---- Zeek, tab-separated ----------------------------------------------------------------- */

static void *conn_log_open(const char *dir)
{
	struct out *o = open_text(dir, write_conn_log.name);

	if (o)
		out_end(o,
			PUT_LITERAL(out_begin(o),
				    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n"
				    "#unset_field\t-\n#path\tconn\n#open\t2026-01-01-00-00-00\n"
				    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\t"
				    "service\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\t"
				    "local_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\t"
				    "resp_pkts\tresp_ip_bytes\ttunnel_parents\tip_proto\n"
				    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\t"
				    "count\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\t"
				    "count\tset[string]\tcount\n"));
	return o;
}

static void conn_log_write(void *state, const struct flow *f, const struct population *p,
			   struct tally *t)
{
	struct out *o = state;
	char *c = out_begin(o);

	c = put_seconds(c, (uint64_t)f->ts);
	*c++ = '\t';
	c = put_uid(c, f->n);
	*c++ = '\t';
	c = put_address(c, f->orig, f->v6);
	*c++ = '\t';
	c = put_u64(c, f->orig_port);
	*c++ = '\t';
	c = put_address(c, f->resp, f->v6);
	*c++ = '\t';
	c = put_u64(c, f->resp_port);
	*c++ = '\t';
	c = put_text(c, proto_name(f));
	*c++ = '\t';
	c = put_text(c, zeek_service[f->service]);
	if (f->resp_packets == 0 || f->state == STATE_REJ) {
		c = PUT_LITERAL(c, "\t-\t-\t-\t");
	} else {
		*c++ = '\t';
		c = put_seconds(c, f->duration);
		*c++ = '\t';
		c = put_u64(c, f->orig_bytes);
		*c++ = '\t';
		c = put_u64(c, f->resp_bytes);
		*c++ = '\t';
	}
	c = put_text(c, zeek_state[f->state]);
	c = PUT_LITERAL(c, "\tT\tF\t0\t");
	c = put_text(c, history(f));
	*c++ = '\t';
	c = put_u64(c, f->orig_packets);
	*c++ = '\t';
	c = put_u64(c, wire_bytes(f, f->orig_bytes, f->orig_packets));
	*c++ = '\t';
	c = put_u64(c, f->resp_packets);
	*c++ = '\t';
	c = put_u64(c, wire_bytes(f, f->resp_bytes, f->resp_packets));
	c = PUT_LITERAL(c, "\t-\t");
	c = put_u64(c, f->proto);
	*c++ = '\n';
	out_end(o, c);
	tally_record(p, t, f, f->ts);
}

static bool conn_log_close(void *state)
{
	struct out *o = state;

	out_end(o, PUT_LITERAL(out_begin(o), "#close\t2026-01-02-00-00-00\n"));
	return close_text(o);
}

const struct writer write_conn_log = { "conn.log", conn_log_open, conn_log_write, conn_log_close };

/* ---- Zeek, JSON -------------------------------------------------------------------------- */

static void *conn_json_open(const char *dir)
{
	return open_text(dir, write_conn_json.name);
}

static void conn_json_write(void *state, const struct flow *f, const struct population *p,
			    struct tally *t)
{
	struct out *o = state;
	char *c = out_begin(o);

	c = PUT_LITERAL(c, "{\"ts\":");
	c = put_seconds(c, (uint64_t)f->ts);
	c = PUT_LITERAL(c, ",\"uid\":\"");
	c = put_uid(c, f->n);
	c = PUT_LITERAL(c, "\",\"id.orig_h\":\"");
	c = put_address(c, f->orig, f->v6);
	c = PUT_LITERAL(c, "\",\"id.orig_p\":");
	c = put_u64(c, f->orig_port);
	c = PUT_LITERAL(c, ",\"id.resp_h\":\"");
	c = put_address(c, f->resp, f->v6);
	c = PUT_LITERAL(c, "\",\"id.resp_p\":");
	c = put_u64(c, f->resp_port);
	c = PUT_LITERAL(c, ",\"proto\":\"");
	c = put_text(c, proto_name(f));
	*c++ = '"';
	if (f->service) {
		c = PUT_LITERAL(c, ",\"service\":\"");
		c = put_text(c, zeek_service[f->service]);
		*c++ = '"';
	}
	if (f->resp_packets && f->state != STATE_REJ) {
		c = PUT_LITERAL(c, ",\"duration\":");
		c = put_seconds(c, f->duration);
		c = PUT_LITERAL(c, ",\"orig_bytes\":");
		c = put_u64(c, f->orig_bytes);
		c = PUT_LITERAL(c, ",\"resp_bytes\":");
		c = put_u64(c, f->resp_bytes);
	}
	c = PUT_LITERAL(c, ",\"conn_state\":\"");
	c = put_text(c, zeek_state[f->state]);
	c = PUT_LITERAL(c, "\",\"local_orig\":true,\"local_resp\":false,\"missed_bytes\":0");
	if (f->proto != 1) {
		c = PUT_LITERAL(c, ",\"history\":\"");
		c = put_text(c, history(f));
		*c++ = '"';
	}
	c = PUT_LITERAL(c, ",\"orig_pkts\":");
	c = put_u64(c, f->orig_packets);
	c = PUT_LITERAL(c, ",\"orig_ip_bytes\":");
	c = put_u64(c, wire_bytes(f, f->orig_bytes, f->orig_packets));
	c = PUT_LITERAL(c, ",\"resp_pkts\":");
	c = put_u64(c, f->resp_packets);
	c = PUT_LITERAL(c, ",\"resp_ip_bytes\":");
	c = put_u64(c, wire_bytes(f, f->resp_bytes, f->resp_packets));
	c = PUT_LITERAL(c, ",\"ip_proto\":");
	c = put_u64(c, f->proto);
	c = PUT_LITERAL(c, "}\n");
	out_end(o, c);
	tally_record(p, t, f, f->ts);
}

const struct writer write_conn_json = { "conn.json", conn_json_open, conn_json_write, close_text };

/* ---- Suricata ---------------------------------------------------------------------------- */

/* The date is the same all day; the first and the last moments of it are not far outside. */
static char *put_moment(char *c, int64_t us)
{
	uint64_t s = (uint64_t)us / 1000000 - 1767225600;

	c = PUT_LITERAL(c, "2026-01-0");
	*c++ = (char)('1' + s / 86400);
	*c++ = 'T';
	c = put_digits(c, s / 3600 % 24, 2);
	*c++ = ':';
	c = put_digits(c, s / 60 % 60, 2);
	*c++ = ':';
	c = put_digits(c, s % 60, 2);
	*c++ = '.';
	c = put_digits(c, (uint64_t)us % 1000000, 6);
	return PUT_LITERAL(c, "+0000");
}

static char *put_name(char *c, const struct flow *f)
{
	static const char *const words[] = { "static", "img",  "api",  "www",
					     "cdn",    "edge", "mail", "update" };
	uint64_t h = 0;

	memcpy(&h, f->resp + (f->v6 ? 8 : 0), f->v6 ? 8 : 4);
	h = mix64(h);
	c = put_text(c, words[h % 8]);
	*c++ = (char)('0' + h / 8 % 10);
	*c++ = '.';
	c = PUT_LITERAL(c, "site-");
	c = put_hex(c, h >> 16, 6);
	return PUT_LITERAL(c, ".example");
}

static char *put_event(char *c, const struct flow *f, int64_t ts, const char *type)
{
	c = PUT_LITERAL(c, "{\"timestamp\":\"");
	c = put_moment(c, ts);
	c = PUT_LITERAL(c, "\",\"flow_id\":");
	c = put_u64(c, mix64(f->n) >> 12);
	c = PUT_LITERAL(c, ",\"in_iface\":\"eth0\",\"event_type\":\"");
	c = put_text(c, type);
	c = PUT_LITERAL(c, "\",\"src_ip\":\"");
	c = put_address(c, f->orig, f->v6);
	if (f->proto != 1) {
		c = PUT_LITERAL(c, "\",\"src_port\":");
		c = put_u64(c, f->orig_port);
		c = PUT_LITERAL(c, ",\"dest_ip\":\"");
		c = put_address(c, f->resp, f->v6);
		c = PUT_LITERAL(c, "\",\"dest_port\":");
		c = put_u64(c, f->resp_port);
		c = PUT_LITERAL(c, ",\"proto\":\"");
	} else {
		c = PUT_LITERAL(c, "\",\"dest_ip\":\"");
		c = put_address(c, f->resp, f->v6);
		c = PUT_LITERAL(c, "\",\"proto\":\"");
	}
	c = put_text(c, f->proto == 6    ? "TCP"
			: f->proto == 17 ? "UDP"
			: f->v6          ? "IPv6-ICMP"
					 : "ICMP");
	return PUT_LITERAL(c, "\"");
}

static char *put_flow(char *c, const struct flow *f)
{
	static const char *const app[] = { "failed", "dns", "tls", "http",
					   "quic",   "ntp", "ssh", "smtp" };
	bool answered = f->resp_packets && f->state != STATE_REJ;

	c = put_event(c, f, f->ts + (int64_t)f->duration + 30000000, "flow");
	c = PUT_LITERAL(c, ",\"app_proto\":\"");
	c = put_text(c, app[f->service]);
	c = PUT_LITERAL(c, "\",\"flow\":{\"pkts_toserver\":");
	c = put_u64(c, f->orig_packets);
	c = PUT_LITERAL(c, ",\"pkts_toclient\":");
	c = put_u64(c, f->resp_packets);
	c = PUT_LITERAL(c, ",\"bytes_toserver\":");
	c = put_u64(c, wire_bytes(f, f->orig_bytes, f->orig_packets) + 14 * (uint64_t)f->orig_packets);
	c = PUT_LITERAL(c, ",\"bytes_toclient\":");
	c = put_u64(c, wire_bytes(f, f->resp_bytes, f->resp_packets) + 14 * (uint64_t)f->resp_packets);
	c = PUT_LITERAL(c, ",\"start\":\"");
	c = put_moment(c, f->ts);
	c = PUT_LITERAL(c, "\",\"end\":\"");
	c = put_moment(c, f->ts + (int64_t)f->duration);
	c = PUT_LITERAL(c, "\",\"age\":");
	c = put_u64(c, f->duration / 1000000);
	c = put_text(c, f->proto != 6 ? answered ? ",\"state\":\"established\"" : ",\"state\":\"new\""
			: answered    ? ",\"state\":\"closed\""
			: f->resp_packets ? ",\"state\":\"closed\""
					  : ",\"state\":\"new\"");
	c = PUT_LITERAL(c, ",\"reason\":\"timeout\",\"alerted\":false}");
	if (f->proto == 6)
		c = put_text(
			c, answered ? ",\"tcp\":{\"tcp_flags\":\"1b\",\"tcp_flags_ts\":\"1b\","
				      "\"tcp_flags_tc\":\"1b\",\"syn\":true,\"fin\":true,\"psh\":true,"
				      "\"ack\":true,\"state\":\"closed\"}"
			   : f->resp_packets
				   ? ",\"tcp\":{\"tcp_flags\":\"16\",\"tcp_flags_ts\":\"02\","
				     "\"tcp_flags_tc\":\"14\",\"syn\":true,\"rst\":true,\"ack\":true,"
				     "\"state\":\"closed\"}"
				   : ",\"tcp\":{\"tcp_flags\":\"02\",\"tcp_flags_ts\":\"02\","
				     "\"tcp_flags_tc\":\"00\",\"syn\":true,\"state\":\"syn_sent\"}");
	return PUT_LITERAL(c, "}\n");
}

static char *put_tls(char *c, const struct flow *f, int64_t ts)
{
	c = put_event(c, f, ts, "tls");
	c = PUT_LITERAL(c, ",\"tls\":{\"subject\":\"CN=");
	c = put_name(c, f);
	c = PUT_LITERAL(c, "\",\"issuerdn\":\"C=US, O=Example Trust, CN=R3\",\"serial\":\"");
	c = put_hex(c, mix64(f->n + 7), 16);
	c = PUT_LITERAL(c, "\",\"fingerprint\":\"");
	for (unsigned i = 0; i < 20; i++) {
		c = put_hex(c, mix64(f->n + i), 2);
		*c++ = ':';
	}
	c--;
	c = PUT_LITERAL(c, "\",\"sni\":\"");
	c = put_name(c, f);
	return PUT_LITERAL(c, "\",\"version\":\"TLS 1.2\",\"notbefore\":\"2025-11-20T00:00:00\","
			      "\"notafter\":\"2026-02-18T00:00:00\"}}\n");
}

static char *put_http(char *c, const struct flow *f, int64_t ts)
{
	c = put_event(c, f, ts, "http");
	c = PUT_LITERAL(c, ",\"tx_id\":0,\"http\":{\"hostname\":\"");
	c = put_name(c, f);
	c = PUT_LITERAL(c, "\",\"url\":\"/assets/");
	c = put_hex(c, mix64(f->n + 3), 12);
	c = PUT_LITERAL(c, ".js?v=\\\"");
	c = put_u64(c, f->n % 1000);
	c = PUT_LITERAL(c, "\\\"\",\"http_user_agent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
			   "Firefox/128.0\",\"http_content_type\":\"text/javascript\",\"http_method\":\"GET\","
			   "\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":");
	c = put_u64(c, f->resp_bytes);
	return PUT_LITERAL(c, "}}\n");
}

static char *put_dns(char *c, const struct flow *f, int64_t ts, bool answer)
{
	c = put_event(c, f, ts, "dns");
	c = answer ? PUT_LITERAL(c, ",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":")
		   : PUT_LITERAL(c, ",\"dns\":{\"type\":\"query\",\"id\":");
	c = put_u64(c, f->orig_port);
	if (answer)
		c = PUT_LITERAL(c, ",\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true");
	c = PUT_LITERAL(c, ",\"rrname\":\"");
	c = put_name(c, f);
	c = PUT_LITERAL(c, "\",\"rrtype\":\"A\"");
	if (!answer)
		return PUT_LITERAL(c, ",\"tx_id\":0}}\n");
	c = PUT_LITERAL(c, ",\"rcode\":\"NOERROR\",\"answers\":[{\"rrname\":\"");
	c = put_name(c, f);
	c = PUT_LITERAL(c, "\",\"rrtype\":\"A\",\"ttl\":300,\"rdata\":\"");
	/* Resolvers are destinations like others here, and so is what they answer. */
	c = put_address(c, f->v6 ? (const unsigned char *)"\306\60\1\1" : f->resp, false);
	return PUT_LITERAL(c, "\"}]}}\n");
}

static void *eve_open(const char *dir)
{
	return open_text(dir, write_eve.name);
}

static void eve_write(void *state, const struct flow *f, const struct population *p, struct tally *t)
{
	struct out *o = state;
	char *c = out_begin(o);
	bool answered = f->resp_packets && f->state != STATE_REJ;
	int64_t after = f->ts + 20000;

	if (f->service == SERVICE_DNS) {
		c = put_dns(c, f, f->ts, false);
		tally_record(p, t, f, f->ts);
		if (answered) {
			c = put_dns(c, f, f->ts + (int64_t)f->duration, true);
			tally_record(p, t, f, f->ts + (int64_t)f->duration);
		}
	}
	if (f->service == SERVICE_TLS && answered) {
		c = put_tls(c, f, after);
		tally_record(p, t, f, after);
	}
	if (f->service == SERVICE_HTTP && answered) {
		c = put_http(c, f, after);
		tally_record(p, t, f, after);
	}
	out_end(o, put_flow(c, f));
	tally_record(p, t, f, f->ts);
}

const struct writer write_eve = { "eve.json", eve_open, eve_write, close_text };
