/* SPDX-License-Identifier: Apache-2.0 */
#include "format/abuse.h"

bool threatfox_said(struct str type, enum said *said)
{
	static const struct {
		const char *type;
		enum said said;
	} types[] = {
		{ "ip:port", SAID_ADDRESS },  { "ip", SAID_ADDRESS },
		{ "domain", SAID_DOMAIN },    { "url", SAID_URL },
		{ "md5_hash", SAID_HASH },    { "sha1_hash", SAID_HASH },
		{ "sha256_hash", SAID_HASH }, { "sha512_hash", SAID_HASH },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_iis(type, types[i].type)) {
			*said = types[i].said;
			return true;
		}
	return false;
}

/*
 * Tags mix families with kinds of file, processors, countries and ways of delivery. What is left
 * when the usual ones are taken away is most often a family.
 */
bool urlhaus_is_family(struct str tag)
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

struct str urlhaus_family(struct str tags)
{
	struct str tag;

	while (str_cut(&tags, ',', &tag)) {
		tag = str_trim(tag);
		if (urlhaus_is_family(tag))
			return tag;
	}
	return STR_NONE;
}
