/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of catalogue/words.csv, whose head says what each meaning is: "c2,controller cue ioc".
 * Nothing in that file is quoted: a word holds no comma.
 */
#include "core/extract_parts.h"

struct meaning {
	struct str text;
	uint32_t kind, number;
};

static const struct meaning meanings[] = {
	{ STR("cue"), W_CUE, 0 },
	{ STR("alarm"), W_ALARM, 0 },
	{ STR("weak"), W_WEAK, 0 },
	{ STR("ioc"), W_IOC, 0 },
	{ STR("ref"), W_REF, 0 },
	{ STR("benign"), W_BENIGN, 0 },
	{ STR("value"), W_VALUE, 0 },
	{ STR("contact"), W_CONTACT, 0 },
	{ STR("refs"), W_REFS, 0 },
	{ STR("other"), W_OTHER, 0 },
	{ STR("version"), W_VERSION, 0 },
	{ STR("section"), W_SECTION, 0 },
	{ STR("file"), W_FILE, 0 },
	{ STR("sender"), W_SENDER, 0 },
	{ STR("receiver"), W_RECEIVER, 0 },
	{ STR("ransom"), W_RANSOM, 0 },
	{ STR("guid"), W_GUID, 0 },
	{ STR("commit"), W_COMMIT, 0 },
	{ STR("attack"), W_ATTACK, 0 },
	{ STR("asn"), W_ASN, 0 },
	{ STR("names"), W_NAMES, 0 },
	{ STR("below"), W_BELOW, 0 },
	{ STR("controller"), W_ROLE, ROLE_CONTROLLER },
	{ STR("payload"), W_ROLE, ROLE_PAYLOAD },
	{ STR("phishing"), W_ROLE, ROLE_PHISHING },
	{ STR("infected-host"), W_ROLE, ROLE_INFECTED_HOST },
	{ STR("scanner"), W_ROLE, ROLE_SCANNER },
	{ STR("sinkhole"), W_ROLE, ROLE_SINKHOLE },
	{ STR("hash"), W_HASHES, 0 },
	{ STR("md5"), W_HASHES, EX_MD5 },
	{ STR("sha1"), W_HASHES, EX_SHA1 },
	{ STR("sha256"), W_HASHES, EX_SHA256 },
	{ STR("sha512"), W_HASHES, EX_SHA512 },
	{ STR("ssdeep"), W_HASHES, EX_SSDEEP },
	{ STR("imphash"), W_HASHES, EX_IMPHASH },
	{ STR("ja3"), W_HASHES, EX_JA3 },
	{ STR("jarm"), W_HASHES, EX_JARM },
	{ STR("label"), 0, ONLY_LABEL },
	{ STR("close"), 0, ONLY_CLOSE },
	{ STR("update"), 0, ONLY_UPDATE },
	{ STR("note"), 0, ONLY_NOTE },
	{ STR("key"), 0, ONLY_KEY },
	{ STR("next"), 0, ONLY_NEXT },
	{ STR("previous"), 0, ONLY_PREVIOUS },
	{ STR("bare"), 0, ONLY_BARE },
	{ STR("column"), 0, ONLY_COLUMN },
	{ STR("singular"), 0, ONLY_SINGULAR },
};

static const struct meaning *meaning_of(struct str text)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (str_eq(text, meanings[i].text))
			return &meanings[i];
	return NULL;
}

bool ex_word_read(struct str line, struct ex_word *out)
{
	struct ex_word w = { 0 };
	struct str one;

	if (!str_cut(&line, ',', &w.text) || line.n == 0 || w.text.n > EX_WORD_MAX)
		return false;
	while (str_cut(&line, ' ', &one)) {
		const struct meaning *m = meaning_of(one);

		if (!m || (m->number && w.number))
			return false;
		w.kind |= m->kind;
		w.number |= m->number;
	}
	*out = w;
	return w.kind != 0;
}
