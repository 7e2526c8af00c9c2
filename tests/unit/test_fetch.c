/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching from a server in a thread, which answers with the bytes it is told to. */
#include "app/fetch.h"

#include "app/special.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { QUESTIONS = 16 };

/* What the server says to the n-th question: bytes, then perhaps the same piece again and again. */
struct say {
	const char *head;
	const char *body; /* NULL: none */
	size_t body_n;    /* 0: as long as the text */
	unsigned repeat;  /* the body so many times more */
	unsigned slow_ms; /* between two of its bytes */
};

struct server {
	int fd;
	unsigned port;
	pthread_t thread;
	const struct say *say;
	unsigned n_say, asked;
	char heard[QUESTIONS][4096];
};

static bool send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static void answer(int fd, const struct say *say)
{
	size_t n = say->body ? say->body_n ? say->body_n : strlen(say->body) : 0;

	if (!send_all(fd, say->head, strlen(say->head)))
		return;
	for (size_t i = 0; say->slow_ms && i < n; i++) {
		if (!send_all(fd, say->body + i, 1))
			return;
		usleep(say->slow_ms * 1000);
	}
	for (unsigned i = 0; !say->slow_ms && n && i <= say->repeat; i++)
		if (!send_all(fd, say->body, n))
			return;
}

static void *serve(void *arg)
{
	struct server *s = arg;

	while (s->asked < s->n_say) {
		int fd = accept(s->fd, NULL, NULL);
		char *to = s->heard[s->asked];
		size_t n = 0;

		if (fd < 0)
			break;
		while (n < sizeof s->heard[0] - 1 && !strstr(to, "\r\n\r\n")) {
			ssize_t r = recv(fd, to + n, sizeof s->heard[0] - 1 - n, 0);

			if (r <= 0)
				break;
			n += (size_t)r;
			to[n] = 0;
		}
		if (n)
			answer(fd, &s->say[s->asked++]);
		shutdown(fd, SHUT_WR);
		/* Until the client has gone, so that nothing sent is lost by a reset. */
		while (recv(fd, (char[256]){ 0 }, 256, 0) > 0)
			;
		close(fd);
	}
	return NULL;
}

static void begin(struct server *s, const struct say *say, unsigned n)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	*s = (struct server){ .say = say, .n_say = n };
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* ---- the client's side ---- */

struct world {
	unsigned waits, waited_ms;
};

static int64_t now(void *ctx)
{
	(void)ctx;
	return INT64_C(1600000000000000);
}

static uint64_t chance(void *ctx)
{
	(void)ctx;
	return 7;
}

static void wait_ms(void *ctx, unsigned ms)
{
	struct world *w = ctx;

	w->waits++;
	w->waited_ms += ms;
}

struct trial {
	struct fetch_rules rules;
	struct fetch_key key;
	struct fetch_answer answer;
	struct errinfo ei;
	struct world world;
	char folder[64], to[96];
};

static void trial_begin(struct trial *t)
{
	*t = (struct trial){ .rules = fetch_rules_init() };
	t->rules.http = t->rules.inside = true;
	t->rules.proxy = "";
	strcpy(t->folder, "/tmp/nezumi-fetch-XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	(void)snprintf(t->to, sizeof t->to, "%s/list", t->folder);
}

/* Nothing but the document may be left; returns whether there was one. */
static bool trial_end(struct trial *t)
{
	bool was = unlink(t->to) == 0;

	assert_int_equal(rmdir(t->folder), 0);
	return was;
}

static enum err get_as(struct trial *t, struct fetch_request r)
{
	struct fetch_world world = { &t->world, now, chance, wait_ms, NULL };
	struct fetcher *f;
	enum err e = fetcher_open(&t->rules, &t->key, &world, &f, &t->ei);

	assert_int_equal(e, ERR_OK);
	memset(&t->ei, 0, sizeof t->ei);
	e = fetch_file(f, &r, t->to, &t->answer, &t->ei);
	fetcher_close(f);
	return e;
}

static enum err get(struct trial *t, const struct server *s, const char *path)
{
	char url[256];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", s->port, path);
	return get_as(t, (struct fetch_request){ .url = url });
}

static void assert_file(const struct trial *t, const char *want)
{
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(file_slurp(t->to, 1 << 20, &b, NULL), ERR_OK);
	assert_true(str_is(buf_str(&b), want));
	buf_free(&b);
}

/* Ask once, be refused for a reason that has these words in it, and keep nothing. */
static void refused(const struct say *say, unsigned n, enum err want, const char *words,
		    void (*set)(struct trial *t))
{
	struct server s;
	struct trial t;
	enum err e;

	begin(&s, say, n);
	trial_begin(&t);
	t.rules.tries = 1;
	if (set)
		set(&t);
	e = get(&t, &s, "/list.txt");
	end(&s);
	if (!strstr(t.ei.msg, words))
		print_message("%s\n", t.ei.msg);
	assert_non_null(strstr(t.ei.msg, words));
	assert_int_equal(e, want);
	assert_false(trial_end(&t));
}

#define REFUSED(want, words, set, ...)                                         \
	do {                                                                   \
		const struct say said[] = { __VA_ARGS__ };                     \
		refused(said, sizeof said / sizeof said[0], want, words, set); \
	} while (0)

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"

static void a_document(void **state)
{
	const struct say say[] = {
		{ .head = OK "ETag: \"a1\"\r\nLast-Modified: Mon, 01 Jan 2018 00:00:00 GMT\r\n"
			     "Content-Type: text/plain\r\nContent-Length: 11\r\n\r\n",
		  .body = "192.0.2.77\n" },
		{ .head = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n" },
	};
	struct server s;
	struct trial t;
	struct stat st;
	char url[64];

	(void)state;
	begin(&s, say, 2);
	trial_begin(&t);
	assert_int_equal(get(&t, &s, "/list.txt"), ERR_OK);
	assert_file(&t, "192.0.2.77\n");
	assert_int_equal(stat(t.to, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(t.answer.etag, "\"a1\"");
	assert_string_equal(t.answer.content_type, "text/plain");
	assert_int_equal(t.answer.status, 200);
	assert_int_equal(t.answer.wire, 11);
	assert_int_equal(t.answer.plain, 11);
	assert_non_null(strstr(s.heard[0], "User-Agent: nezumi/"));
	assert_non_null(strstr(s.heard[0], "Accept-Encoding: gzip\r\n"));
	assert_null(strstr(s.heard[0], "If-None-Match"));

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/list.txt", s.port);
	assert_int_equal(
		get_as(&t, (struct fetch_request){ .url = url,
						   .etag = "\"a1\"",
						   .last_modified = "Mon, 01 Jan 2018 00:00:00 GMT" }),
		ERR_OK);
	assert_true(t.answer.unchanged);
	assert_non_null(strstr(s.heard[1], "If-None-Match: \"a1\"\r\n"));
	assert_non_null(strstr(s.heard[1], "If-Modified-Since: Mon, 01 Jan 2018 00:00:00 GMT\r\n"));
	assert_file(&t, "192.0.2.77\n");
	end(&s);
	assert_true(trial_end(&t));
}

/* What is not answered by a document leaves nothing, and says why. */
static void other_answers(void **state)
{
	(void)state;
	REFUSED(ERR_IO, "perhaps it wants a key", NULL, { .head = "HTTP/1.1 403 No\r\n\r\n" });
	REFUSED(ERR_IO, "nothing at that address (404)", NULL, { .head = "HTTP/1.1 404 No\r\n\r\n" });
	REFUSED(ERR_IO, "status 206", NULL,
		{ .head = "HTTP/1.1 206 Some\r\nContent-Length: 1\r\n\r\n", .body = "x" });
	REFUSED(ERR_IO, "status 304", NULL, { .head = "HTTP/1.1 304 Not Modified\r\n\r\n" });
	REFUSED(ERR_IO, "status 302", NULL, { .head = "HTTP/1.1 302 Found\r\n\r\n" });
	REFUSED(ERR_IO, "broke off", NULL, { .head = "" });
	REFUSED(ERR_IO, "127.0.0.1", NULL, { .head = "ICY 200 OK\r\n\r\n", .body = "1.2.3.4\n" });
	REFUSED(ERR_IO, "the document is cut", NULL,
		{ .head = OK "Content-Length: 100\r\n\r\n", .body = "192.0.2.77\n" });
	REFUSED(ERR_IO, "the document is cut", NULL,
		{ .head = OK "Transfer-Encoding: chunked\r\n\r\n", .body = "b\r\n192.0.2.77\n\r\n" });
	REFUSED(ERR_PARSE, "not asked for (br)", NULL,
		{ .head = OK "Content-Encoding: br\r\n\r\n", .body = "xyz" });
	REFUSED(ERR_PARSE, "but it is not", NULL,
		{ .head = OK "Content-Encoding: gzip\r\n\r\n", .body = "192.0.2.77\n" });
	REFUSED(ERR_PARSE, "gzip stream", NULL,
		{ .head = OK "Content-Encoding: gzip\r\n\r\n", .body = "\x1f\x8b\x08\0abc", .body_n = 7 });
}

static void no_http(struct trial *t)
{
	t->rules.http = false;
}

static void no_inside(struct trial *t)
{
	t->rules.inside = false;
}

static void small(struct trial *t)
{
	t->rules.max_wire = t->rules.max_plain = 1 << 20;
}

static void impatient(struct trial *t)
{
	t->rules.total_s = 60;
	t->rules.idle_s = 2;
}

static void hurried(struct trial *t)
{
	t->rules.total_s = 1;
}

static void with_key(struct trial *t)
{
	t->key = (struct fetch_key){ .how = FETCH_BEARER, .key = STR("secret") };
	t->rules.inside = false;
}

#define TO(url)                                                                                \
	{                                                                                      \
		.head = "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " url "\r\n\r\n" \
	}

static void addresses_refused(void **state)
{
	(void)state;
	REFUSED(ERR_USAGE, "plain http, which is not allowed", no_http, { .head = OK });
	REFUSED(ERR_USAGE, "127.0.0.1 is not a public host (127.0.0.0/8: Loopback)", no_inside,
		{ .head = OK });
	REFUSED(ERR_USAGE, "its key would travel by plain http", with_key, { .head = OK });
	REFUSED(ERR_USAGE, "the server leads to a file: address", NULL, TO("file:///etc/passwd"));
	REFUSED(ERR_USAGE, "the server leads to a gopher: address", NULL, TO("gopher://127.0.0.1/1"));
	/* --private is for the host that was named. */
	REFUSED(ERR_USAGE,
		"169.254.169.254 is not a public host (169.254.0.0/16: Link Local), and another host led there",
		NULL, TO("http://169.254.169.254/latest"));
	REFUSED(ERR_USAGE, "127.0.0.2 is not a public host", NULL, TO("http://127.0.0.2:9/"));
	REFUSED(ERR_USAGE, "10.0.0.1 is not a public host", NULL, TO("/1"), TO("http://10.0.0.1/"));
	REFUSED(ERR_USAGE, "another host led there", NULL, TO("http://localhost:9/"));
	REFUSED(ERR_USAGE, "a user name or password", NULL, TO("http://a:b@127.0.0.1/"));
	REFUSED(ERR_LIMIT, "more than 5 redirects", NULL, TO("/1"), TO("/2"), TO("/3"), TO("/4"),
		TO("/5"), TO("/6"));
}

/* Without limits these would go on for long, or for ever. */
static void limits(void **state)
{
	static char piece[1 << 16], header[1000];

	(void)state;
	memset(piece, '\n', sizeof piece);
	memset(header, 'x', sizeof header);
	REFUSED(ERR_LIMIT, "more than 1 MiB", small,
		{ .head = OK "\r\n", .body = piece, .body_n = sizeof piece, .repeat = 1000000 });
	REFUSED(ERR_LIMIT, "more than 1 MiB", small,
		{ .head = OK "Content-Length: 4294967296\r\n\r\n" });
	REFUSED(ERR_LIMIT, "headers without end", NULL,
		{ .head = OK, .body = "X-More: 123456789012345678901234567890\r\n", .repeat = 10000 });
	REFUSED(ERR_LIMIT, "all but stood still", impatient,
		{ .head = OK "\r\n", .body = piece, .body_n = 1000, .slow_ms = 150 });
	REFUSED(ERR_LIMIT, "the time that is allowed", hurried,
		{ .head = OK "X-More: ", .body = header, .body_n = 1000, .slow_ms = 150 });
	/* An endless page behind a redirect or an error is not read to its end. */
	REFUSED(ERR_IO, "nothing at that address", NULL,
		{ .head = "HTTP/1.1 404 No\r\n\r\n", .body = piece, .body_n = sizeof piece, .repeat = 1000000 });
}

static size_t packed(char *plain, size_t n, char *to, size_t room)
{
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.end_of_stream = 1;
	z.next_in = (uint8_t *)plain;
	z.avail_in = (uint32_t)n;
	z.next_out = (uint8_t *)to;
	z.avail_out = (uint32_t)room;
	assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
	return (size_t)z.total_out;
}

static void packing(void **state)
{
	char list[] = "192.0.2.77\n";
	static char once[4096], twice[4096], bomb[1 << 20], blanks[64 << 20];
	size_t n1 = packed(list, strlen(list), once, sizeof once),
	       n2 = packed(once, n1, twice, sizeof twice);
	struct say say[] = {
		{ .head = OK "Content-Encoding: gzip\r\n\r\n", .body = once, .body_n = n1 },
		{ .head = OK "\r\n", .body = once, .body_n = n1 },
		{ .head = OK "Content-Encoding: x-gzip\r\n\r\n", .body = twice, .body_n = n2 },
	};
	struct server s;
	struct trial t;

	(void)state;
	begin(&s, say, 3);
	trial_begin(&t);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(&t, &s, "/list"), ERR_OK);
		assert_file(&t, list);
		assert_int_equal(t.answer.plain, strlen(list));
	}
	end(&s);
	assert_true(trial_end(&t));

	memset(blanks, ' ', sizeof blanks);
	n1 = packed(blanks, sizeof blanks, bomb, sizeof bomb);
	REFUSED(ERR_LIMIT, "unpacked it is more than 1 MiB", small,
		{ .head = OK "Content-Encoding: gzip\r\n\r\n", .body = bomb, .body_n = n1 });
	REFUSED(ERR_PARSE, "ends early", NULL,
		{ .head = OK "Content-Encoding: gzip\r\n\r\n", .body = bomb, .body_n = n1 / 2 });
}

/* Keys reach the first host, in each way, and no other. */
static void keys(void **state)
{
	static const struct {
		struct fetch_key key;
		const char *path, *seen;
	} ways[] = {
		{ { FETCH_HEADER, "Auth-Key", NULL, { "s3cret", 6 } }, "/a", "Auth-Key: s3cret\r\n" },
		{ { FETCH_BEARER, NULL, NULL, { "s3cret", 6 } }, "/a", "Authorization: Bearer s3cret\r\n" },
		{ { FETCH_BASIC, NULL, "me", { "s3cret", 6 } }, "/a", "Authorization: Basic bWU6czNjcmV0\r\n" },
		{ { FETCH_BASIC, NULL, NULL, { "me:s3cret", 9 } },
		  "/a",
		  "Authorization: Basic bWU6czNjcmV0\r\n" },
		{ { FETCH_URL, NULL, NULL, { "s3&ret", 6 } }, "/a/{key}/b", "GET /a/s3%26ret/b " },
	};
	const struct say list[] = { { .head = OK "\r\n", .body = "192.0.2.77\n" } };

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		struct server first, other;
		struct trial t;
		char there[128];
		struct say lead[2] = { TO("/again"), { .head = there } };

		begin(&other, list, 1);
		(void)snprintf(there, sizeof there,
			       "HTTP/1.1 307 Go\r\nConnection: close\r\nLocation: http://127.0.0.1:%u/x\r\n\r\n",
			       other.port);
		begin(&first, lead, 2);
		trial_begin(&t);
		t.key = ways[i].key;
		assert_int_equal(get(&t, &first, ways[i].path), ERR_OK);
		end(&first);
		end(&other);
		assert_non_null(strstr(first.heard[0], ways[i].seen));
		if (ways[i].key.how != FETCH_URL)
			assert_non_null(strstr(first.heard[1], ways[i].seen));
		assert_null(strstr(other.heard[0], "ret"));
		assert_null(strstr(other.heard[0], "Authorization"));
		assert_true(trial_end(&t));
	}
}

static void key_files(void **state)
{
	char path[] = "/tmp/nezumi-key-XXXXXX";
	int fd = mkstemp(path);
	struct errinfo ei;
	struct buf key;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "  abc def \r\nmore\n", 17), 17);
	assert_int_equal(fetch_key_read(NULL, path, &key, &ei), ERR_OK);
	assert_true(str_is(buf_str(&key), "abc def"));
	fetch_key_forget(&key);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(fetch_key_read(NULL, path, &key, &ei), ERR_USAGE);
	fetch_key_forget(&key);
	close(fd);
	(void)unlink(path);
	assert_int_equal(fetch_key_read(NULL, path, &key, &ei), ERR_USAGE);
	assert_non_null(strstr(ei.msg, path));
	fetch_key_forget(&key);
	assert_int_equal(setenv("NEZUMI_TEST_KEY", "a\nX-Evil: 1", 1), 0);
	assert_int_equal(fetch_key_read("NEZUMI_TEST_KEY", NULL, &key, &ei), ERR_OK);
	assert_true(str_is(buf_str(&key), "a"));
	fetch_key_forget(&key);
	assert_int_equal(setenv("NEZUMI_TEST_KEY", "a\rb", 1), 0);
	assert_int_equal(fetch_key_read("NEZUMI_TEST_KEY", NULL, &key, &ei), ERR_USAGE);
	assert_null(strstr(ei.msg, "a\r"));
	fetch_key_forget(&key);
	assert_int_equal(unsetenv("NEZUMI_TEST_KEY"), 0);
	assert_int_equal(fetch_key_read("NEZUMI_TEST_KEY", NULL, &key, &ei), ERR_USAGE);
	fetch_key_forget(&key);
}

/* An overloaded server is asked again, when it likes; one that asks for a day is left alone. */
static void trying_again(void **state)
{
	const struct say say[] = {
		{ .head = "HTTP/1.1 503 Later\r\nConnection: close\r\n\r\n" },
		{ .head = "HTTP/1.1 429 Slow\r\nConnection: close\r\nRetry-After: 7\r\n\r\n" },
		{ .head = OK "\r\n", .body = "192.0.2.77\n" },
	};
	const struct say day[] = {
		{ .head = "HTTP/1.1 429 Slow\r\nConnection: close\r\nRetry-After: 7200\r\n\r\n" }
	};
	struct server s;
	struct trial t;

	(void)state;
	begin(&s, say, 3);
	trial_begin(&t);
	assert_int_equal(get(&t, &s, "/list"), ERR_OK);
	end(&s);
	assert_int_equal(t.world.waits, 2);
	/* Half of two seconds and a bit of chance, then what was asked for. */
	assert_in_range(t.world.waited_ms, 8000, 9000);
	assert_true(trial_end(&t));

	begin(&s, day, 1);
	trial_begin(&t);
	assert_int_equal(get(&t, &s, "/list"), ERR_IO);
	end(&s);
	assert_int_equal(t.world.waits, 0);
	assert_int_equal(t.answer.wait_s, 7200);
	assert_non_null(strstr(t.ei.msg, "7200 s"));
	assert_false(trial_end(&t));
}

static void reach(void **state)
{
	static const char *const inside[] = {
		"127.0.0.1",       "10.1.2.3",      "172.16.0.1", "192.168.1.1", "169.254.169.254",
		"100.64.0.1",      "0.0.0.0",       "224.0.0.1",  "::1",         "::",
		"::ffff:10.0.0.1", "fe80::1",       "fc00::1",    "ff02::1",     "64:ff9b::7f00:1",
		"64:ff9b::a00:1",  "2002:7f00:1::",
	};
	static const char *const outside[] = { "1.1.1.1", "9.9.9.9", "2606:4700::1111",
					       "64:ff9b::101:101", "::ffff:8.8.8.8" };
	struct special special;
	struct str why;
	struct ip ip;

	(void)state;
	assert_int_equal(special_load(&special), ERR_OK);
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		assert_true(ip_parse(str_of(inside[i]), &ip));
		assert_false(fetch_may_reach(&special, ip, false, false, &why));
		assert_true(why.n > 0);
		assert_true(fetch_may_reach(&special, ip, true, false, &why));
		/* Not even where it is allowed does a public host lead in. */
		assert_false(fetch_may_reach(&special, ip, true, true, &why));
	}
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
		assert_true(ip_parse(str_of(outside[i]), &ip));
		assert_true(fetch_may_reach(&special, ip, false, true, &why));
	}
	special_free(&special);
}

static void judged(const char *bytes, size_t n, const char *words)
{
	char path[] = "/tmp/nezumi-judge-XXXXXX";
	struct errinfo ei = { 0 };
	int fd = mkstemp(path);
	enum err e;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
	e = fetch_judge(path, &ei);
	(void)unlink(path);
	assert_int_equal(e, words ? ERR_PARSE : ERR_OK);
	if (words && !strstr(ei.msg, words))
		print_message("%s\n", ei.msg);
	if (words)
		assert_non_null(strstr(ei.msg, words));
}

#define JUDGED(bytes, words) judged(bytes, sizeof(bytes) - 1, words)

static void judging(void **state)
{
	(void)state;
	JUDGED("192.0.2.77\n", NULL);
	JUDGED("\xef\xbb\xbf# list\n192.0.2.77\n", NULL);
	JUDGED("# caf\xe9\n192.0.2.77\n", NULL);
	JUDGED("<?xml version=\"1.0\"?><ioc xmlns=\"x\"/>", NULL);
	JUDGED("", "empty");
	JUDGED(" \r\n\t\n", "empty");
	JUDGED("\xef\xbb\xbf", "empty");
	JUDGED("\n<!-- portal -->\n<!DOCTYPE html>\n<html><head><Title>\n Sign in </title>",
	       "a web page came in its place: \"Sign in\"");
	JUDGED("<HTML><body>no</body>", "a web page");
	JUDGED("<?xml version='1.0'?><!DOCTYPE html PUBLIC \"x\">", "a web page");
	JUDGED("\xff\xfe\0\0"
	       "1\0\0\0",
	       "UTF-32");
	JUDGED("\xff\xfe<\0h\0t\0m\0l\0>\0", "a web page");
	JUDGED("192.0.2.1\n\0\1\2", "binary");
	JUDGED("PK\3\4xxxx", "ZIP");
	JUDGED("%PDF-1.7", "PDF");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document),
		cmocka_unit_test(other_answers),
		cmocka_unit_test(addresses_refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(packing),
		cmocka_unit_test(keys),
		cmocka_unit_test(key_files),
		cmocka_unit_test(trying_again),
		cmocka_unit_test(reach),
		cmocka_unit_test(judging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
