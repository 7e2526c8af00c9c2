/* SPDX-License-Identifier: Apache-2.0 */
/* Japanese: what was found. What to do about it and what was set aside: advice_ja.c. */
#include "report/advice.h"
#include "report/prose.h"

/* Organisations named in one sentence; organisations of a family that are listed one by one. */
enum { NAMED_MAX = 6, LISTED_MAX = 12 };

static const char *const words[W_COUNT] = {
	[W_LANG] = "ja",
	[W_TITLE] = "マルウェア感染組織の調査報告",
	[W_CONTENTS] = "目次",
	[W_SUMMARY] = "概要",
	[W_JUDGEMENTS] = "主な判断",
	[W_FAMILIES] = "マルウェアファミリー別の分析",
	[W_CONTROLLERS] = "C2サーバー",
	[W_CHART] = "C2サーバー別の感染ホスト数",
	[W_CLUSTERS] = "活動のまとまり（クラスター）",
	[W_CLUSTER] = "クラスター",
	[W_ORGANISATIONS] = "組織",
	[W_PLACES] = "業種と国",
	[W_BY_SECTOR] = "業種別の組織数",
	[W_BY_COUNTRY] = "国別の組織数",
	[W_TIMELINE] = "時系列",
	[W_TIMELINE_ORGS] = "組織：最初の通信から最後の通信まで",
	[W_TIMELINE_CONTROLLERS] = "C2サーバー：最初の通信から最後の通信まで",
	[W_FINDINGS] = "検出結果と証拠",
	[W_METHOD] = "分析方法",
	[W_SCORE_PARTS] = "点数の内訳",
	[W_ASIDE] = "除外したもの",
	[W_ASIDE_HOSTS] = "検出としなかったホストと通信",
	[W_ASIDE_WITHHELD] = "照合に使わなかったインジケーター",
	[W_ASIDE_REJECTED] = "読み取れなかった行",
	[W_RECOMMENDATIONS] = "推奨する対応",
	[W_APPENDIX] = "付録：インジケーター",
	[W_INPUTS] = "読み込んだファイル",
	[W_FIRST_TO_TELL] = "最初に連絡すべき組織",
	[W_CONFIDENCE] = "確度",
	[W_HIGH] = "高",
	[W_MEDIUM] = "中",
	[W_LOW] = "低",
	[W_SCORE] = "点数",
	[W_HOST] = "ホスト",
	[W_HOSTS] = "ホスト数",
	[W_ORGANISATION] = "組織",
	[W_CONTROLLER] = "C2サーバー",
	[W_COUNTRY] = "国",
	[W_COUNTRIES] = "国の数",
	[W_SECTOR] = "業種",
	[W_ISP] = "接続事業者",
	[W_FAMILY] = "ファミリー",
	[W_PORT] = "ポート",
	[W_RECORDS] = "記録数",
	[W_FIRST] = "最初",
	[W_LAST] = "最後",
	[W_DAYS] = "日数",
	[W_SINCE] = "開始",
	[W_NAMES] = "接続に使われた名前",
	[W_NOTE] = "備考",
	[W_REASON] = "理由",
	[W_REASONS] = "判断の理由",
	[W_DETAIL] = "根拠",
	[W_MEANING] = "意味",
	[W_EVIDENCE] = "証拠",
	[W_SOURCE] = "情報源",
	[W_SOURCES] = "掲載元",
	[W_VALUE] = "値",
	[W_FILE] = "ファイル",
	[W_LINE] = "行",
	[W_KIND] = "種類",
	[W_FORMAT] = "形式",
	[W_MALFORMED] = "読み取れなかった行",
	[W_SIZE] = "サイズ",
	[W_POINTS] = "点",
	[W_PART] = "項目",
	[W_TYPE] = "種別",
	[W_TRAFFIC] = "送信 / 受信",
	[W_TIME] = "時刻（UTC）",
	[W_WHY] = "理由と証拠",
	[W_CSV] = "CSVで保存",
	[W_STIX] = "STIX 2.1で保存",
	[W_COPY] = "コピー",
	[W_COPY_RAW] = "そのままコピー",
	[W_COPY_DEFANGED] = "無害化してコピー",
	[W_COPY_COMMAND] = "コマンドとしてコピー",
	[W_COPIED] = "コピーしました",
	[W_SORT] = "この列で並べ替える",
	[W_MORE_ROWS] = "このほか%s行は省略しました。同じ分析のJSON出力にすべて含まれています。",
	[W_ENTRIES] = "件数",
	[W_MADE] = "作成日",
	[W_FOOT] = "この報告は、上に挙げた通信記録とインジケーターからNezumiが作成しました。アドレスなどの値は、誤って開かないよう115.88.75[.]245のように"
		   "無害化して表記しています。",
	[W_NONE] = "なし",
	[W_OTHERS] = "その他",
	[W_MAP_KEY] = "◆ C2サーバー　■ 組織　線が太いほど記録が多いことを示します（対数）。破線は応答が確認できなかった接続の試みです。白抜きは、線を示すためにここにも描いた"
		      "もので、添えた番号のクラスターで数えています。",
	[W_N_HOSTS] = "ホスト",
	[W_N_FAMILIES] = "ファミリー",
	[W_FIRST_LAST] = "最初と最後の通信",
	[W_BY_CONFIDENCE] = "確度別の検出件数",
	[W_PAIRS] = "通信の組み合わせ",
	[W_OTHER_FAMILIES] = "その他のファミリー",
	[W_OTHER_CLUSTERS] = "その他のクラスター",
	[W_N_FILES] = "ファイル",
	[W_MORE_LINES] = "このほか%s行は省略しました。",
	[W_ANONYMISED] = "組織は業種と国だけで、ホストは番号だけで示しています。",
};

/* ---- small phrases ---- */

static void hosts(struct buf *b, uint64_t n)
{
	say_num(b, n);
	buf_c(b, "台のホスト");
}

static void organisations(struct buf *b, uint64_t n)
{
	/* Native counting words go up to nine. */
	say_num(b, n);
	buf_c(b, n < 10 ? "つの組織" : "の組織");
}

static void controllers(struct buf *b, uint64_t n)
{
	buf_c(b, "C2サーバー");
	say_num(b, n);
	buf_c(b, "件");
}

static const char *called(bool answered)
{
	return answered ? "と通信していました" : "への接続を試みていました";
}

static bool has_families(const struct view *v)
{
	return v->n_families && v->families[0].name.n;
}

static void families(const struct view *v, struct buf *b, size_t max)
{
	size_t n = v->n_families, shown;

	while (n && !v->families[n - 1].name.n)
		n--;
	shown = n > max ? max : n;
	for (size_t i = 0; i < shown; i++) {
		buf_c(b, i ? "、" : "");
		say_strong(b, v->families[i].name);
	}
	if (n > shown) {
		buf_c(b, "など");
		say_num(b, n);
		buf_c(b, "ファミリー");
	}
}

/* Two are joined by と, more by 、 */
static void between(struct buf *b, size_t i, size_t n)
{
	if (i)
		buf_c(b, n == 2 ? "と" : "、");
}

static void place_list(struct buf *b, const struct facts *f, size_t max)
{
	size_t n = f->n < max ? f->n : max;

	for (size_t i = 0; i < n; i++) {
		between(b, i, n);
		say_text(b, f->v[i].country->ja);
	}
}

static void region_list(struct buf *b, const struct facts *f, size_t max)
{
	size_t n = f->n < max ? f->n : max;

	for (size_t i = 0; i < n; i++) {
		between(b, i, n);
		say_text(b, namebook_region(REPORT_JA, f->v[i].key));
	}
}

/* 「メキシコとエクアドル」「ヨーロッパと中東」「14か国」; false, and nothing said, when no country
 * is known. */
static bool where(const struct view *v, struct buf *b, const uint32_t *idx, size_t n)
{
	struct facts countries, regions;

	facts_countries(v, idx, n, &countries);
	if (!countries.n)
		return false;
	if (countries.n <= 4) {
		place_list(b, &countries, 4);
		return true;
	}
	facts_regions(v, idx, n, &regions);
	if (regions.n <= 3 && regions.all == countries.all) {
		region_list(b, &regions, 3);
		return true;
	}
	say_num(b, countries.n + countries.rest);
	buf_c(b, "か国");
	return true;
}

/* 「メキシコとエクアドルの金融会社」 */
static void alike(const struct view *v, struct buf *b, const struct view_org *like,
		  const uint32_t *idx, size_t n)
{
	uint32_t same[256];
	size_t k = 0;
	struct facts countries;

	for (size_t i = 0; i < n && k < sizeof same / sizeof same[0]; i++)
		if (v->orgs[idx[i]].known && str_eq(v->orgs[idx[i]].en_noun, like->en_noun))
			same[k++] = idx[i];
	if (k == 1) {
		say_text(b, v->orgs[same[0]].text);
		return;
	}
	facts_countries(v, same, k, &countries);
	if (where(v, b, same, k))
		buf_c(b, "の");
	say_text(b, like->ja_noun);
	if (countries.n != k || k > 4) {
		buf_c(b, "（");
		say_num(b, k);
		buf_c(b, "組織）");
	}
}

static void who(const struct view *v, struct buf *b, const uint32_t *idx, size_t n, size_t max)
{
	struct facts f;
	uint64_t rest = 0;
	size_t known = 0, shown = 0, ownerless = 0;

	for (size_t i = 0; i < n; i++)
		v->orgs[idx[i]].known ? known++ : ownerless++;
	if (v->o->anonymise) {
		facts_nouns(v, idx, n, &f);
		rest = f.rest;
		max += f.n == max + 1;
		for (size_t i = max; i < f.n; i++)
			rest += f.v[i].n;
		known = f.n < max ? f.n : max;
		for (size_t i = 0; i < known; i++) {
			buf_c(b, i ? "、" : "");
			alike(v, b, f.v[i].like, idx, n);
		}
	} else {
		/* Rather one more name than "one other". */
		if (known > max + 1)
			rest = known - max;
		known -= rest;
		for (size_t i = 0; i < n && shown < known; i++) {
			const struct view_org *o = &v->orgs[idx[i]];

			if (!o->known)
				continue;
			buf_c(b, shown++ ? "、" : "");
			say_text(b, o->text);
			if (o->country) {
				buf_c(b, "（");
				say_text(b, o->country->ja);
				buf_c(b, "）");
			}
		}
	}
	if (rest) {
		buf_c(b, "、ほか");
		say_num(b, rest);
		buf_c(b, "組織");
	}
	if (ownerless)
		buf_c(b, known ? "、および所有者不明のホスト" : "所有者不明のホスト");
}

static void controller(const struct view *v, struct buf *b, uint32_t i)
{
	const struct answer_controller *c = &v->a->controllers[i];
	const struct country_name *country = v->controllers[i].country;

	say_value(b, c->value);
	if (!country && !c->as_name.n)
		return;
	buf_c(b, "（");
	if (country)
		say_text(b, country->ja);
	if (country && c->as_name.n)
		buf_c(b, "、");
	say_text(b, c->as_name);
	buf_c(b, "）");
}

/* The place that holds most of three or more: 「ラテンアメリカ（26組織のうち18組織）」 */
static bool mostly(struct buf *b, const struct facts *regions, const struct facts *countries,
		   const char *counter)
{
	const struct fact *x = NULL;
	bool region = false;

	if (countries->n && countries->all >= 3 && countries->v[0].n * 3 >= countries->all * 2)
		x = &countries->v[0];
	else if (regions->n && regions->all >= 3 && regions->v[0].n * 2 > regions->all)
		x = &regions->v[0], region = true;
	if (!x)
		return false;
	say_text(b, region ? namebook_region(REPORT_JA, x->key) : x->country->ja);
	buf_c(b, "（");
	say_num(b, countries->all);
	buf_c(b, counter);
	if (x->n == countries->all) {
		buf_c(b, "のすべて）");
	} else {
		buf_c(b, "のうち");
		say_num(b, x->n);
		buf_c(b, counter);
		buf_c(b, "）");
	}
	return true;
}

/* ---- first screen ---- */

static void headline(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	bool answered = v->known_orgs ? v->silent_orgs < v->known_orgs : v->silent_hosts < v->n_hosts;

	if (!a->n_findings) {
		buf_c(b, "感染した組織は見つかりませんでした");
		return;
	}
	if (!v->known_orgs) {
		buf_c(b, "所有者不明の");
		hosts(b, v->n_hosts);
	} else if (v->known_orgs == 1) {
		uint32_t i = 0;

		while (!v->orgs[i].known)
			i++;
		say_text(b, v->orgs[i].text);
	} else {
		organisations(b, v->known_orgs);
	}
	if (!v->findings_by[CONF_HIGH] && !v->findings_by[CONF_MEDIUM])
		buf_c(b, "について確認が必要です。感染を示す十分な証拠はありません");
	else if (!v->findings_by[CONF_HIGH])
		buf_c(b, "に感染の疑いがあります");
	else
		buf_fmt(b, "がマルウェアのC2サーバー%s", called(answered));
}

static void confidences(const struct view *v, struct buf *b)
{
	const uint64_t *n = v->findings_by;
	static const char *const name[] = { "低", "中", "高" };
	bool several = (n[0] > 0) + (n[1] > 0) + (n[2] > 0) > 1, said = false;

	buf_c(b, "検出");
	say_num(b, v->a->n_findings);
	buf_c(b, "件の確度は、");
	for (int c = CONF_HIGH; c >= CONF_LOW; c--) {
		if (!n[c])
			continue;
		buf_c(b, said ? "、" : several ? "" : v->a->n_findings > 1 ? "すべて" : "");
		buf_fmt(b, "「%s」", name[c]);
		if (several) {
			buf_c(b, "が");
			say_num(b, n[c]);
			buf_c(b, "件");
		}
		said = true;
	}
	buf_c(b, "です。");
}

static void standfirst(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;

	if (!a->n_findings) {
		buf_c(b, "通信記録");
		say_num(b, a->records);
		buf_c(b, "件をインジケーター");
		say_num(b, a->indicators);
		buf_c(b, "件と照合しました。");
		if (a->matched) {
			say_num(b, a->matched);
			buf_c(b, "件が一致しましたが、いずれも下に示す理由で除外しました。");
		} else {
			buf_c(b, "一致した記録はありません。");
		}
		return;
	}
	say_ja_span(b, v->first, v->last);
	buf_c(b, time_day(v->first) == time_day(v->last) ? "に、" : "の間に、");
	hosts(b, v->n_hosts);
	buf_c(b, "が");
	if (has_families(v)) {
		families(v, b, 5);
		buf_c(b, "の");
	}
	controllers(b, a->n_controllers);
	buf_c(b, called(v->silent_hosts < v->n_hosts));
	buf_c(b, "。");
	confidences(v, b);
}

/* ---- summary ---- */

static void family_shares(const struct view *v, struct buf *b)
{
	size_t n = v->n_families < 6 ? v->n_families : 5;

	for (size_t i = 0; i < n; i++) {
		const struct view_family *f = &v->families[i];

		buf_c(b, i ? "、" : "");
		say_strong(b, f->name.n ? f->name : STR("ファミリー不明"));
		buf_c(b, "が");
		if (f->known_orgs) {
			say_num(b, f->known_orgs);
			buf_c(b, "組織");
		} else {
			say_num(b, f->hosts);
			buf_c(b, "台");
		}
	}
	if (v->n_families > n) {
		buf_c(b, "、ほか");
		say_num(b, v->n_families - n);
		buf_c(b, "ファミリー");
	}
}

static void outstanding(const struct view *v, struct buf *b)
{
	uint32_t top[3];
	size_t n = facts_outstanding(v, top, 3);

	if (!n || v->a->n_controllers < 2)
		return;
	buf_c(b, "とくに目立つC2サーバーは、");
	for (size_t i = 0; i < n; i++) {
		buf_c(b, !i ? "" : i + 1 == n ? "と、" : "、");
		if (v->controllers[top[i]].orgs) {
			say_num(b, v->controllers[top[i]].orgs);
			buf_c(b, "組織の");
		}
		say_num(b, v->a->controllers[top[i]].hosts);
		buf_c(b, v->controllers[top[i]].level > LEVEL_ATTEMPT ? "台が通信していた"
								      : "台が接続を試みていた");
		controller(v, b, top[i]);
	}
	buf_c(b, "です。\n");
}

static void spread(const struct view *v, struct buf *b)
{
	struct str unknown = STR("業種不明");
	size_t shown = 0;

	if (v->known_orgs < 2 || !v->countries.n)
		return;
	if (v->countries.n == 1 && v->countries.v[0].key.n) {
		buf_c(b, "組織の所在国は、すべて");
		say_text(b, v->countries.v[0].label);
		buf_c(b, "です。");
	} else {
		buf_c(b, "組織の所在は");
		say_num(b, v->countries.n);
		buf_c(b, "か国に及び");
		if (v->regions.n > 1 && v->regions.v[0].orgs > 1) {
			buf_c(b, "、");
			say_text(b, v->regions.v[0].label);
			buf_c(b, "（");
			say_num(b, v->regions.v[0].orgs);
			buf_c(b, "組織）");
			if (v->regions.v[1].orgs > 1) {
				buf_c(b, "と");
				say_text(b, v->regions.v[1].label);
				buf_c(b, "（");
				say_num(b, v->regions.v[1].orgs);
				buf_c(b, "組織）");
			}
			buf_c(b, "に多く見られます。");
		} else {
			buf_c(b, "ます。");
		}
	}
	for (size_t i = 0; i < v->sectors.n && shown < 3 && v->sectors.v[i].orgs > 1; i++) {
		if (str_eq(v->sectors.v[i].key, unknown))
			continue;
		buf_c(b, shown++ ? "、" : "業種別では");
		buf_ch(b, MARK_STRONG);
		say_text(b, v->sectors.v[i].label);
		buf_ch(b, MARK_END);
		buf_c(b, "（");
		say_num(b, v->sectors.v[i].orgs);
		buf_c(b, "組織）");
	}
	buf_c(b, shown ? "が目立ちます。\n" : "\n");
}

static void of_hosts(const struct view *v, struct buf *b, uint64_t n, const char *text)
{
	if (!n)
		return;
	if (v->n_hosts == 1)
		buf_c(b, "このホスト");
	else
		hosts(b, n);
	buf_c(b, text);
}

static void certainty(const struct view *v, struct buf *b)
{
	confidences(v, b);
	if (v->two_way_hosts == v->n_hosts && v->n_hosts > 1)
		buf_c(b, "すべてのホストで、双方向のデータのやり取りを確認しました。");
	else
		of_hosts(v, b, v->two_way_hosts, "では、双方向のデータのやり取りを確認しました。");
	of_hosts(v, b, v->silent_hosts, "は接続を試みていますが、応答は確認できていません。");
	of_hosts(v, b, v->ownerless_hosts, "は所有者が分かりません。");
	if (facts_clock_unset(v))
		buf_c(b, "記録の日付は1970年で、記録した機器の時計が合っていません。意味があるのは時刻の間隔だけです。");
	buf_ch(b, '\n');
}

static void summary(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;

	if (!a->n_findings) {
		advice_ja_nothing(v, b);
		return;
	}
	if (a->seen_first != TIME_NONE && a->seen_last != TIME_NONE) {
		say_ja_span(b, a->seen_first, a->seen_last);
		buf_c(b, "の");
	}
	buf_c(b, "通信記録");
	say_num(b, a->records);
	buf_c(b, "件をインジケーター");
	say_num(b, a->indicators);
	buf_c(b, "件と照合しました。その結果、");
	if (v->known_orgs) {
		organisations(b, v->known_orgs);
		buf_c(b, "に属する");
	}
	hosts(b, v->n_hosts);
	buf_c(b, "が");
	if (has_families(v) && v->n_families == 1) {
		families(v, b, 1);
		buf_c(b, "の");
	}
	controllers(b, a->n_controllers);
	buf_c(b, called(v->silent_hosts < v->n_hosts));
	buf_c(b, "。");
	if (v->n_families > 1) {
		buf_c(b, "ファミリー別に見ると、");
		family_shares(v, b);
		buf_c(b, "です。");
	}
	buf_ch(b, '\n');
	outstanding(v, b);
	spread(v, b);
	certainty(v, b);
	advice_ja_aside_brief(v, b);
}

/* ---- key judgements ---- */

static void judge_family(const struct view *v, struct buf *b, const struct view_family *f)
{
	struct facts regions, countries, sectors;
	struct buf place;

	buf_init(&place, 4096);
	facts_source_regions(v, f->controllers, f->n_controllers, &regions);
	facts_sources(v, f->controllers, f->n_controllers, &countries);
	if (mostly(&place, &regions, &countries, "件")) {
		buf_c(b, "通信先となった");
		say_strong(b, f->name);
		buf_c(b, "のC2サーバーの多くは、");
		buf_puts(b, buf_str(&place));
		buf_c(b, "にあります。\n");
	}
	buf_clear(&place);
	facts_regions(v, f->orgs, f->n_orgs, &regions);
	facts_countries(v, f->orgs, f->n_orgs, &countries);
	facts_sectors(v, f->orgs, f->n_orgs, &sectors);
	if (f->known_orgs > LISTED_MAX) {
		say_strong(b, f->name);
		if (mostly(&place, &regions, &countries, "組織")) {
			buf_c(b, "に感染した組織の多くは、");
			buf_puts(b, buf_str(&place));
			buf_c(b, "にあります。");
		} else {
			buf_c(b, "に感染した組織は、");
			say_num(b, countries.n + countries.rest);
			buf_c(b, "か国に広がっています。");
		}
		if (sectors.n > 1) {
			buf_c(b, "業種は、");
			for (size_t i = 0; i < sectors.n && i < 10; i++) {
				buf_c(b, i ? "、" : "");
				say_text(b, sectors.v[i].key);
			}
			buf_c(b, sectors.n > 10 ? "など多岐にわたります。" : "です。");
		}
		buf_ch(b, '\n');
	} else if (f->known_orgs > 1) {
		struct facts nouns;

		say_strong(b, f->name);
		buf_c(b, "に感染したとみられるホストは、次の");
		say_num(b, f->known_orgs);
		buf_c(b, "組織で見つかりました。\n");
		facts_nouns(v, f->orgs, f->n_orgs, &nouns);
		for (size_t i = 0; i < nouns.n; i++) {
			buf_ch(b, MARK_DEEPER);
			if (v->o->anonymise) {
				alike(v, b, nouns.v[i].like, f->orgs, f->n_orgs);
			} else {
				uint32_t same[LISTED_MAX];
				size_t k = 0;

				for (size_t o = 0; o < f->n_orgs && k < LISTED_MAX; o++)
					if (v->orgs[f->orgs[o]].known &&
					    str_eq(v->orgs[f->orgs[o]].en_noun, nouns.v[i].key))
						same[k++] = f->orgs[o];
				say_text(b, nouns.v[i].like->ja_noun);
				buf_c(b, "：");
				who(v, b, same, k, LISTED_MAX);
			}
			buf_ch(b, '\n');
		}
	} else if (f->known_orgs == 1) {
		say_strong(b, f->name);
		buf_c(b, "に感染したとみられる組織は、");
		who(v, b, f->orgs, f->n_orgs, 2);
		buf_c(b, "です。\n");
	}
	buf_free(&place);
}

static void judge_shared(const struct view *v, struct buf *b)
{
	uint32_t shared[6], idx[256];
	size_t n = facts_shared(v, shared, sizeof shared / sizeof shared[0]);

	if (!n)
		return;
	buf_c(b, n == 1 ? "次のC2サーバーは、複数の組織のホストの通信先になっています。\n"
			: "次のC2サーバーは、それぞれ複数の組織のホストの通信先になっています。\n");
	for (size_t i = 0; i < n; i++) {
		buf_ch(b, MARK_DEEPER);
		controller(v, b, shared[i]);
		buf_c(b, "、");
		say_num(b, v->controllers[shared[i]].orgs);
		buf_c(b, "組織：");
		who(v, b, idx, facts_callers(v, shared[i], idx, 256), NAMED_MAX);
		buf_ch(b, '\n');
	}
}

static void judgements(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t cover, big = 0;

	if (!a->n_findings)
		return;
	for (size_t i = 0; i < v->n_families && i < 4; i++)
		if (v->families[i].name.n)
			judge_family(v, b, &v->families[i]);
	judge_shared(v, b);
	cover = facts_cover(v, 80);
	if (a->n_controllers > 4 && cover * 2 <= a->n_controllers) {
		buf_c(b, "組織とC2サーバーのつながりの8割は、上位");
		say_num(b, cover);
		buf_c(b, "件のC2サーバーに集中しています。ここから遮断すれば、活動の大半を断つことができます。\n");
	}
	for (size_t i = 0; i < a->n_clusters; i++)
		big += a->clusters[i].n_controllers > 1;
	if (big) {
		buf_c(b, "複数のC2サーバーを同じ組織が共有するクラスターが");
		say_num(b, big);
		buf_c(b, "つあります。同じ攻撃者が運用する基盤に見られる特徴です。\n");
	}
	if (v->steady > 1) {
		say_num(b, v->steady);
		buf_c(b, "件の検出では、一定の間隔で接続が繰り返されています。人の操作ではなく、プログラムの動きです。\n");
	}
	if (v->active_orgs) {
		if (v->active_orgs == v->known_orgs && v->known_orgs > 1)
			buf_c(b, "すべての組織");
		else
			organisations(b, v->active_orgs);
		buf_c(b, "が、記録の最終日にもまだ接続していました。感染は続いているものとして対応が必要です。\n");
	}
	for (size_t i = 0; i < a->n_alerts && i < NAMED_MAX && !v->o->anonymise; i++)
		if (!str_is(a->alerts[i].rule, "controller-shared")) {
			say_text(b, a->alerts[i].message);
			buf_ch(b, '\n');
		}
	if (v->silent_hosts) {
		hosts(b, v->silent_hosts);
		buf_c(b, "は接続を試みていますが、応答は確認できていません。C2サーバーが停止していても、呼び続けるホストの感染は疑われます。\n");
	}
}

/* ---- families, controllers, clusters ---- */

static void about_controller(const struct view *v, struct buf *b, uint32_t i, bool first, bool only)
{
	const struct answer_controller *c = &v->a->controllers[i];
	bool answered = v->controllers[i].level > LEVEL_ATTEMPT;
	uint32_t idx[256];
	size_t n = facts_callers(v, i, idx, 256);
	struct facts regions;

	buf_c(b, only ? "C2サーバーは" : first ? "最も活発なC2サーバーは" : "次に活発なのは");
	controller(v, b, i);
	buf_c(b, "で、");
	if (v->controllers[i].orgs > 1) {
		say_num(b, v->controllers[i].orgs);
		buf_c(b, "組織の");
	}
	if (!v->controllers[i].orgs)
		buf_c(b, "所有者不明の");
	hosts(b, c->hosts);
	buf_c(b, answered ? "が通信していました。" : "が接続を試みていました。");
	if (v->controllers[i].orgs) {
		buf_c(b, v->controllers[i].orgs > 1 ? "通信元は、" : "通信元は");
		who(v, b, idx, n, NAMED_MAX);
		buf_c(b, "です。");
	}
	facts_regions(v, idx, n, &regions);
	if (regions.n > 1 && regions.all >= 3 && regions.v[0].n * 2 > regions.all) {
		say_num(b, v->controllers[i].orgs);
		buf_c(b, "組織のうち");
		say_num(b, regions.v[0].n);
		buf_c(b, "組織は");
		say_text(b, namebook_region(REPORT_JA, regions.v[0].key));
		buf_c(b, "にあります。");
	}
	if (!answered)
		buf_c(b, "応答は確認できていません。");
	if (c->n_hostnames && c->type != IT_DOMAIN) {
		size_t shown = c->n_hostnames < 3 ? c->n_hostnames : 3;

		buf_c(b, "接続には");
		for (size_t k = 0; k < shown; k++) {
			buf_c(b, k ? "、" : "");
			say_value(b, c->hostnames[k]);
		}
		if (c->n_hostnames > shown) {
			buf_c(b, "など");
			say_num(b, c->n_hostnames);
			buf_c(b, "個");
		}
		buf_c(b, c->n_hostnames > shown ? "の名前が使われていました。"
						: "という名前が使われていました。");
	}
	buf_ch(b, '\n');
}

static void family(const struct view *v, struct buf *b, const struct view_family *f)
{
	size_t told = 0;

	say_ja_span(b, f->first, f->last);
	buf_c(b, time_day(f->first) == time_day(f->last) ? "に、" : "の間に、");
	if (f->known_orgs) {
		size_t from = b->n;

		if (where(v, b, f->orgs, f->n_orgs))
			buf_c(b, f->known_orgs > 1 ? "にある" : "の");
		if (b->n == from || f->known_orgs > 1) {
			organisations(b, f->known_orgs);
			buf_c(b, "の");
		} else {
			buf_c(b, "1組織の");
		}
	} else {
		buf_c(b, "所有者不明の");
	}
	hosts(b, f->hosts);
	buf_c(b, "が、");
	if (f->name.n) {
		say_strong(b, f->name);
		buf_c(b, "の");
	} else {
		buf_c(b, "情報源がファミリー名を示していない");
	}
	controllers(b, f->n_controllers);
	buf_c(b, called(f->silent_hosts < f->hosts));
	buf_c(b, "。");
	if (f->silent_hosts == f->hosts) {
		buf_c(b, "いずれの接続にも応答は確認できていません。");
	} else if (f->silent_hosts) {
		say_num(b, f->silent_hosts);
		buf_c(b, "台については、応答が確認できていません。");
	}
	if (f->by_conf[CONF_HIGH] == 0) {
		buf_c(b, "確度が「高」の検出はありません。");
	} else if (f->by_conf[CONF_HIGH] < f->findings) {
		buf_c(b, "検出");
		say_num(b, f->findings);
		buf_c(b, "件のうち");
		say_num(b, f->by_conf[CONF_HIGH]);
		buf_c(b, "件の確度が「高」です。");
	}
	buf_ch(b, '\n');
	for (size_t i = 0; i < f->n_controllers && told < 3; i++)
		if (told == 0 || v->controllers[f->controllers[i]].orgs > 1)
			about_controller(v, b, f->controllers[i], told++ == 0, f->n_controllers == 1);
}

static void controllers_lead(const struct view *v, struct buf *b)
{
	buf_c(b, "通信先となったのは");
	controllers(b, v->a->n_controllers);
	if (v->sources.n > 1) {
		buf_c(b, "で、");
		say_num(b, v->sources.n);
		buf_c(b, "か国にあります。");
	} else {
		buf_c(b, "です。");
	}
	buf_c(b, "接続事業者は回線とアドレスを提供しているだけで、そのアドレスの機器を直接管理しているわけではありません。\n");
	if (facts_rented(v)) {
		say_num(b, facts_rented(v));
		buf_c(b, "件はクラウド、ホスティング、VPNなど、貸し出されるアドレス範囲にあります。借り手は入れ替わるため、長期間遮断する前に再確認してください。\n");
	}
}

static void clusters_lead(const struct view *v, struct buf *b)
{
	buf_c(b, "通信で結び付いたC2サーバーと組織は、");
	say_num(b, v->a->n_clusters);
	buf_c(b, "つのクラスターに分かれます。同じクラスターのC2サーバーは、同じ攻撃者が運用しているか、同じ経路で提供されている可能性があります。\n");
}

static void cluster(const struct view *v, struct buf *b, size_t i)
{
	const struct cluster_row *c = &v->a->clusters[i];
	struct facts regions, countries;
	struct buf place;
	uint64_t known = 0;

	for (size_t k = 0; k < c->n_orgs; k++)
		known += v->orgs[c->orgs[k]].known;
	if (c->n_controllers) {
		uint32_t top = c->controllers[0];

		for (size_t k = 1; k < c->n_controllers; k++)
			if (v->controllers[c->controllers[k]].orgs > v->controllers[top].orgs)
				top = c->controllers[k];
		controller(v, b, top);
		buf_c(b, c->n_controllers > 1 ? "を中心とする" : "と、");
	}
	if (c->n_controllers > 1) {
		controllers(b, c->n_controllers);
		buf_c(b, "と、");
	}
	if (known) {
		if (where(v, b, c->orgs, c->n_orgs))
			buf_c(b, known > 1 ? "にある" : "の");
		organisations(b, known);
	} else {
		buf_c(b, "所有者不明のホスト");
	}
	buf_c(b, "からなります。");
	buf_init(&place, 4096);
	facts_source_regions(v, c->controllers, c->n_controllers, &regions);
	facts_sources(v, c->controllers, c->n_controllers, &countries);
	if (mostly(&place, &regions, &countries, "件")) {
		buf_c(b, "C2サーバーの多くは");
		buf_puts(b, buf_str(&place));
		buf_c(b, "にあります。");
	}
	buf_clear(&place);
	facts_regions(v, c->orgs, c->n_orgs, &regions);
	facts_countries(v, c->orgs, c->n_orgs, &countries);
	if (regions.n > 1 && mostly(&place, &regions, &countries, "組織")) {
		buf_c(b, "組織の多くは");
		buf_puts(b, buf_str(&place));
		buf_c(b, "にあります。");
	}
	buf_free(&place);
	buf_ch(b, '\n');
}

static void places(const struct view *v, struct buf *b)
{
	if (v->ownerless_hosts) {
		buf_c(b, "所有者が分からない");
		hosts(b, v->ownerless_hosts);
		buf_c(b, "は、ここには含めていません。\n");
	}
}

static void timeline(const struct view *v, struct buf *b)
{
	buf_c(b, "細い線は確認できた最初の通信から最後の通信まで、太い線は1件のC2サーバーとの通信の期間を示します。");
	if (v->a->seen_first != TIME_NONE && v->a->seen_last != TIME_NONE) {
		buf_c(b, "記録の期間は");
		say_ja_span(b, v->a->seen_first, v->a->seen_last);
		buf_c(b, "で、その両端に接する通信は、前後にも続いている可能性があります。");
	}
	if (facts_bounded(v))
		buf_c(b, "C2サーバーの後ろの淡い帯はインジケーターの有効期間です。帯の外の通信は、リストに載る前、または外れた後のものです。");
	buf_ch(b, '\n');
}

static void findings_lead(const struct view *v, struct buf *b)
{
	buf_c(b, "1行が、1台のホストと1件のC2サーバーの組み合わせです。行を開くと、判断の理由と、根拠となった記録のファイル名と行番号が表示されます。"
		 "確度は75点以上が「高」、50点以上が「中」です。");
	if (v->base.n && !v->o->anonymise) {
		buf_c(b, "ファイルは");
		say_text(b, v->base);
		buf_c(b, "にあります。");
	}
	buf_ch(b, '\n');
}

static void finding(const struct view *v, struct buf *b, const struct finding *f)
{
	uint64_t n = f->records ? f->records : f->records_other_port;

	(void)v;
	say_ja_span(b, f->first, f->last);
	buf_c(b, time_day(f->first) == time_day(f->last) ? "に、" : "の間に、");
	if (f->level == LEVEL_LOOKUP) {
		buf_c(b, "C2サーバーの名前を");
		say_num(b, f->records);
		buf_c(b, "回問い合わせていました。");
	} else {
		buf_c(b, "C2サーバー");
		if (f->port) {
			buf_c(b, "のポート");
			buf_u64(b, f->port);
		}
		buf_c(b, f->level > LEVEL_ATTEMPT ? "と" : "に");
		say_num(b, n);
		buf_c(b, f->level > LEVEL_ATTEMPT ? "回通信していました。" : "回接続を試みていました。");
	}
	if (f->level == LEVEL_ATTEMPT) {
		buf_c(b, "応答は確認できていません。");
	} else if (f->bytes_out || f->bytes_in) {
		buf_c(b, "送信量は");
		say_bytes(b, f->bytes_out);
		buf_c(b, "、受信量は");
		say_bytes(b, f->bytes_in);
		buf_c(b, "です。");
	}
	if (f->records && f->records_other_port) {
		buf_c(b, "このほか、別のポートへの記録が");
		say_num(b, f->records_other_port);
		buf_c(b, "件あります。");
	}
	buf_ch(b, '\n');
}

const struct prose prose_ja = {
	.words = words,
	.headline = headline,
	.standfirst = standfirst,
	.summary = summary,
	.judgements = judgements,
	.family = family,
	.controllers = controllers_lead,
	.clusters = clusters_lead,
	.cluster = cluster,
	.places = places,
	.timeline = timeline,
	.findings = findings_lead,
	.finding = finding,
	.reason = advice_ja_reason,
	.part = advice_ja_part,
	.method = advice_ja_method,
	.aside = advice_ja_aside,
	.label = advice_ja_label,
	.kind = advice_ja_kind,
	.why_excluded = advice_ja_why_excluded,
	.why_withheld = advice_ja_why_withheld,
	.recommendations = advice_ja_recommendations,
	.appendix = advice_ja_appendix,
	.date = say_ja_date,
	.span = say_ja_span,
};
