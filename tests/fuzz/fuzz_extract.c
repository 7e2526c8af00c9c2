/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of any kind. The first byte chooses the kind (t text, h HTML, m mail, g by content),
 * the rest is the file. What is extracted lies within the text, is in normal form, has a reason
 * where it was mended, and is the same with every place told.
 */
#include "app/catalogue.h"
#include "core/name.h"
#include "format/text_doc.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define need(ok) ((ok) ? (void)0 : broken(#ok, __LINE__))

static void broken(const char *what, int line)
{
	fprintf(stderr, "fuzz_extract.c:%d: does not hold: %s\n", line, what);
	abort();
}

static void normal(const struct extracted *e)
{
	struct str host;
	struct buf b;
	uint16_t port;
	struct cidr net;
	struct ip ip;

	buf_init(&b, 0);
	switch (e->type) {
	case EX_IPV4:
	case EX_IPV6:
		need(ip_parse(e->value, &ip) && ip_is_v4(ip) == (e->type == EX_IPV4));
		ip_format(&b, ip);
		need(str_eq(buf_str(&b), e->value));
		break;
	case EX_CIDR:
		need(cidr_parse(e->value, &net));
		break;
	case EX_DOMAIN:
		need(name_normalise(e->value, false, &b) == ERR_OK && str_eq(buf_str(&b), e->value));
		break;
	case EX_URL:
		need(url_normalise(e->value, &b, &host, &port) == ERR_OK);
		break;
	case EX_MD5:
	case EX_JA3:
	case EX_IMPHASH:
		need(e->value.n == 32);
		break;
	case EX_SHA1:
		need(e->value.n == 40);
		break;
	case EX_SHA256:
		need(e->value.n == 64);
		break;
	case EX_SHA512:
		need(e->value.n == 128);
		break;
	default:
		need(e->value.n > 0);
		break;
	}
	buf_free(&b);
}

static void places(struct str text, const struct extracted *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct extracted *e = &v[i];

		need(e->type < EX_TYPES && e->class <= EX_CONTEXT && e->status <= EX_UNCERTAIN);
		need(e->at <= text.n && e->line >= 1 && e->count >= 1);
		need(e->status == EX_AS_WRITTEN || e->note.n);
		need(e->context.n < 20000);
		normal(e);
	}
}

static void extracts(const struct text_doc *d)
{
	static const struct family_name names[] = { { STR("Emotet"), STR("Emotet") },
						    { STR("QakBot"), STR("Qbot") } };
	struct extract_in in = { .text = buf_str(&d->text), .links = d->links.v, .n_links = d->links.n };
	struct extraction once, every;
	struct arena arena;
	struct lexicon *l;

	arena_init(&arena, 0);
	need(lexicon_new(catalogue_words(), names, 2, &l) == ERR_OK);
	need(extract(l, &in, &arena, &once) == ERR_OK);
	places(in.text, once.v, once.n);
	in.every = true;
	need(extract(l, &in, &arena, &every) == ERR_OK);
	places(in.text, every.every, every.n_every);
	need(every.n == once.n && every.n_every >= once.n);
	for (size_t i = 0; i < once.n; i++)
		need(str_eq(once.v[i].value, every.v[i].value) && once.v[i].class == every.v[i].class);
	for (size_t i = 0; i < every.n_every; i++)
		need(str_eq(every.every[i].value, every.v[every.every[i].first].value));
	lexicon_free(l);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum text_kind kind;
	struct errinfo ei = { 0 };
	struct text_doc d;
	struct str file;
	enum err e;
	char *copy;

	if (size == 0 || size > 1 << 16)
		return 0;
	/* Of exactly that size, so that one byte too far is noticed. */
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	file = (struct str){ copy, size - 1 };
	kind = data[0] == 'h'   ? TEXT_HTML
	       : data[0] == 'm' ? TEXT_MAIL
	       : data[0] == 't' ? TEXT_PLAIN
				: text_guess(file);
	text_doc_init(&d);
	e = text_read(file, kind, &d, &ei);
	need(e == ERR_OK || ei.msg[0]);
	need(e == ERR_OK || e == ERR_FORMAT);
	if (e == ERR_OK)
		extracts(&d);
	text_doc_free(&d);
	free(copy);
	return 0;
}
