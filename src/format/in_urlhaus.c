/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLhaus (abuse.ch) CSV: URLs that served malware. The header is sometimes a row and sometimes a
 * comment, but each number of columns has one order:
 *
 *   id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
 *   id,dateadded,url,url_status,threat,tags,urlhaus_link,reporter
 *
 * A URL is valid from its listing until it was last seen online, and without end while it still is.
 * Reporters are people, not sources: the same list does not become two sources by having two of them.
 */
#include "format/ind_row.h"
#include "format/text.h"

static bool header_row(struct str line)
{
	static const struct str begins = { "id,dateadded,url,url_status", 27 };

	while (line.n && (line.p[0] == '#' || line.p[0] == ' '))
		line = str_skip(line, 1);
	if (str_istarts(line, begins))
		return true;
	return str_istarts(line, STR("\"id\",\"dateadded\",\"url\",\"url_status\""));
}

static int urlhaus_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	while (sample_line(s, &rest, &line)) {
		if (header_row(line))
			return 95;
		if (str_trim(line).n && line.p[0] != '#')
			break;
	}
	return 0;
}

/*
 * Tags mix families with kinds of file, processors, countries and ways of delivery. What is left
 * when the usual ones are taken away is most often a family.
 */
static bool is_family(struct str tag)
{
	static const char *const others[] = {
		"32",
		"64",
		"32-bit",
		"64-bit",
		"x86",
		"x64",
		"x86-64",
		"arm",
		"arm4",
		"arm5",
		"arm6",
		"arm7",
		"mips",
		"mipsel",
		"mpsl",
		"ppc",
		"powerpc",
		"sparc",
		"m68k",
		"sh4",
		"superh",
		"arc",
		"elf",
		"exe",
		"dll",
		"scr",
		"msi",
		"apk",
		"zip",
		"rar",
		"7z",
		"gz",
		"tar",
		"iso",
		"img",
		"doc",
		"docx",
		"docm",
		"xls",
		"xlsx",
		"xlsm",
		"xlsb",
		"ppt",
		"rtf",
		"pdf",
		"lnk",
		"hta",
		"html",
		"htm",
		"xml",
		"js",
		"jse",
		"vbs",
		"vbe",
		"wsf",
		"ps1",
		"ps",
		"powershell",
		"bat",
		"cmd",
		"sh",
		"py",
		"lua",
		"jar",
		"txt",
		"ini",
		"bin",
		"cab",
		"one",
		"onenote",
		"svg",
		"jpg",
		"png",
		"ascii",
		"base64",
		"base64-loader",
		"rev-base64-loader",
		"encoded",
		"encrypted",
		"decoded",
		"reversed",
		"rev",
		"shellscript",
		"script",
		"shellcode",
		"opendir",
		"open-dir",
		"ua-wget",
		"ua-curl",
		"wget",
		"curl",
		"tftp",
		"ftp",
		"webdav",
		"wsgidav",
		"github",
		"gitlab",
		"bitbucket",
		"discord",
		"dropbox",
		"netskope",
		"censys",
		"shodan",
		"seopoisoning",
		"geofenced",
		"usa",
		"ger",
		"ita",
		"bra",
		"kor",
		"malware",
		"trojan",
		"backdoor",
		"botnet",
		"botnetdomain",
		"ddos",
		"rat",
		"stealer",
		"loader",
		"downloader",
		"dropper",
		"ransomware",
		"miner",
		"hacktool",
		"payload",
		"phishing",
		"spam",
		"malspam",
		"iframe",
		"iot",
		"client",
		"client32",
		"decoy",
		"extracted",
		"black",
		"c2",
		"password",
		"unknown",
		"none",
		"macro",
		"stage1",
		"stage2",
		"xml-opendir",
		"10pluspositivesinvt",
	};
	size_t letters = 0, digits = 0;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (str_iis(tag, others[i]))
			return false;
	for (size_t i = 0; i < tag.n; i++) {
		char c = tag.p[i];

		letters += (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		digits += c >= '0' && c <= '9';
		/* File names, addresses, domains. */
		if (c == '.' || c == '/' || c == ':')
			return false;
	}
	return tag.n > 2 && tag.n <= 40 && letters > digits && !str_istarts(tag, STR("dropped-by-")) &&
	       !str_istarts(tag, STR("pw-")) && tag.p[0] != '-';
}

static struct str family_of(struct str tags)
{
	struct str tag;

	while (str_cut(&tags, ',', &tag)) {
		tag = str_trim(tag);
		if (is_family(tag))
			return tag;
	}
	return STR_NONE;
}

static void urlhaus_row(struct str line, struct sink *sink)
{
	struct str f[CSV_FIELDS_MAX];
	struct indicator ind = indicator_init();
	const char *why = NULL;
	int n = ind_split(line, ',', f, sink);
	bool online;

	if (n < 0)
		return;
	if (n != 9 && n != 8) {
		sink_bad(sink, "%d fields where this list has 9 or 8", n);
		return;
	}
	online = str_iis(f[3], "online");
	if (!ind_validity(f[1], n == 9 && !online ? f[4] : STR_NONE, &ind, &why)) {
		sink_bad(sink, "%s", why);
		return;
	}
	ind.role = ROLE_PAYLOAD;
	ind.family = family_of(f[n - 3]);
	ind.reference = str_trim(f[n - 2]);
	(void)ind_give(f[2], SAID_URL, &ind, sink);
}

static void urlhaus_block(const struct layout *l, const struct reader_hints *h, struct str block,
			  struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		if (str_trim(line).n && line.p[0] != '#' && !header_row(line))
			urlhaus_row(line, sink);
	}
}

const struct reader reader_urlhaus = {
	.name = "urlhaus",
	.title = "URLhaus lists of malware URLs (abuse.ch CSV)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = urlhaus_sniff,
	.block = urlhaus_block,
};
