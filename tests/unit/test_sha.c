/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void hex_is(const unsigned char *p, size_t n, const char *want)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&b, "%02x", p[i]);
	buf_ch(&b, 0);
	assert_string_equal(b.p, want);
	buf_free(&b);
}

/* The examples of FIPS 180-4. */
static void hashes(void **state)
{
	static const struct str two = { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56 };
	unsigned char out[32];

	(void)state;
	sha1(STR("abc"), out);
	hex_is(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
	sha1(two, out);
	hex_is(out, 20, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	sha1(STR_NONE, out);
	hex_is(out, 20, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	sha256(STR("abc"), out);
	hex_is(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(two, out);
	hex_is(out, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* The identifiers that STIX 2.1 derives from contents. */
static void uuids(void **state)
{
	static const unsigned char stix[16] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
						0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 };
	static const char *const cases[][2] = {
		{ "{\"value\":\"198.51.100.3\"}", "28bb3599-77cd-5a82-a950-b5bc3caf07c4" },
		{ "{\"value\":\"example.com\"}", "bedb4899-d24b-5401-bc86-8f6b4cc18ec7" },
		{ "{\"number\":15139}", "3aa27478-50b5-5ab8-9da9-cdc12b657fff" },
		{ "{\"value\":\"2001:db8::1\"}", "6469e3a9-b053-5e34-a025-9396ae051d26" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b;

		buf_init(&b, 0);
		uuid5(&b, stix, str_of(cases[i][0]));
		assert_true(str_is(buf_str(&b), cases[i][1]));
		buf_free(&b);
	}
}

/* RFC 4648, section 10. */
static void base64s(void **state)
{
	static const char *const cases[][2] = { { "", "" },
						{ "f", "Zg==" },
						{ "fo", "Zm8=" },
						{ "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" },
						{ "fooba", "Zm9vYmE=" },
						{ "foobar", "Zm9vYmFy" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b;

		buf_init(&b, 0);
		base64(&b, str_of(cases[i][0]));
		assert_true(str_is(buf_str(&b), cases[i][1]));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hashes), cmocka_unit_test(uuids),
					    cmocka_unit_test(base64s) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
