/* SPDX-License-Identifier: Apache-2.0 */
/* Japanese: the first screen, the summary and the key judgements. */
#include "report/advice.h"
#include "report/parts.h"
#include "report/phrases.h"

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
		ja_hosts(b, v->n_hosts);
	} else if (v->known_orgs == 1) {
		uint32_t i = 0;

		while (!v->orgs[i].known)
			i++;
		say_text(b, v->orgs[i].text);
	} else {
		ja_organisations(b, v->known_orgs);
	}
	if (!v->findings_by[CONF_HIGH] && !v->findings_by[CONF_MEDIUM])
		buf_c(b, "について確認が必要です。感染を示す十分な証拠はありません");
	else if (!v->findings_by[CONF_HIGH])
		buf_c(b, "に感染の疑いがあります");
	else
		buf_fmt(b, "がマルウェアのC2サーバー%s", ja_called(answered));
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
	ja_hosts(b, v->n_hosts);
	buf_c(b, "が");
	if (ja_has_families(v)) {
		ja_families(v, b, 5);
		buf_c(b, "の");
	}
	ja_controllers(b, a->n_controllers);
	buf_c(b, ja_called(v->silent_hosts < v->n_hosts));
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
		ja_controller(v, b, top[i]);
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
		ja_hosts(b, n);
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
		ja_organisations(b, v->known_orgs);
		buf_c(b, "に属する");
	}
	ja_hosts(b, v->n_hosts);
	buf_c(b, "が");
	if (ja_has_families(v) && v->n_families == 1) {
		ja_families(v, b, 1);
		buf_c(b, "の");
	}
	ja_controllers(b, a->n_controllers);
	buf_c(b, ja_called(v->silent_hosts < v->n_hosts));
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
	if (ja_mostly(&place, &regions, &countries, "件")) {
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
		if (ja_mostly(&place, &regions, &countries, "組織")) {
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
				ja_alike(v, b, nouns.v[i].like, f->orgs, f->n_orgs);
			} else {
				uint32_t same[LISTED_MAX];
				size_t k = 0;

				for (size_t o = 0; o < f->n_orgs && k < LISTED_MAX; o++)
					if (v->orgs[f->orgs[o]].known &&
					    str_eq(v->orgs[f->orgs[o]].en_noun, nouns.v[i].key))
						same[k++] = f->orgs[o];
				say_text(b, nouns.v[i].like->ja_noun);
				buf_c(b, "：");
				ja_who(v, b, same, k, LISTED_MAX);
			}
			buf_ch(b, '\n');
		}
	} else if (f->known_orgs == 1) {
		say_strong(b, f->name);
		buf_c(b, "に感染したとみられる組織は、");
		ja_who(v, b, f->orgs, f->n_orgs, 2);
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
		ja_controller(v, b, shared[i]);
		buf_c(b, "、");
		say_num(b, v->controllers[shared[i]].orgs);
		buf_c(b, "組織：");
		ja_who(v, b, idx, facts_callers(v, shared[i], idx, 256), NAMED_MAX);
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
			ja_organisations(b, v->active_orgs);
		buf_c(b, "が、記録の最終日にもまだ接続していました。感染は続いているものとして対応が必要です。\n");
	}
	for (size_t i = 0; i < a->n_alerts && i < NAMED_MAX && !v->o->anonymise; i++)
		if (!str_is(a->alerts[i].rule, "controller-shared")) {
			say_text(b, a->alerts[i].message);
			buf_ch(b, '\n');
		}
	if (v->silent_hosts) {
		ja_hosts(b, v->silent_hosts);
		buf_c(b, "は接続を試みていますが、応答は確認できていません。C2サーバーが停止していても、呼び続けるホストの感染は疑われます。\n");
	}
}

const struct prose prose_ja = {
	.words = words_ja,
	.headline = headline,
	.standfirst = standfirst,
	.summary = summary,
	.judgements = judgements,
	.family = parts_ja_family,
	.controllers = parts_ja_controllers_lead,
	.clusters = parts_ja_clusters_lead,
	.cluster = parts_ja_cluster,
	.places = parts_ja_places,
	.timeline = parts_ja_timeline,
	.findings = parts_ja_findings_lead,
	.finding = parts_ja_finding,
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
