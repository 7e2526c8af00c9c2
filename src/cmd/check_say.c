/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/check_say.h"
#include "cmd/members.h"

#include "base/escape.h"
#include "base/json.h"

#include <stdint.h>

/* ---- JSON ---- */

static void json_value(struct buf *b, struct str value, bool safe)
{
	struct buf d;

	if (!safe) {
		json_put(b, value);
		return;
	}
	buf_init(&d, 1 << 16);
	defang(&d, value);
	json_put(b, buf_str(&d));
	buf_free(&d);
}

static void json_said(struct buf *b, const struct looked_said *s, bool safe, bool explain)
{
	const struct indicator *i = &s->said.ind;
	const struct trust_part *p = &s->part;

	buf_c(b, "{\"value\":");
	json_value(b, s->value, safe);
	put_text(b, "source", i->source);
	put_text(b, "role", str_of(role_text(i->role)));
	put_text(b, "family", i->family);
	put_time(b, "first_seen", i->from);
	put_time(b, "last_seen", i->seen);
	put_time(b, "valid_until", i->until);
	if (i->confidence <= 100)
		buf_fmt(b, ",\"confidence\":%u", i->confidence);
	else
		buf_c(b, ",\"confidence\":null");
	put_text(b, "reference", i->reference);
	buf_c(b, ",\"port\":");
	if (i->port)
		buf_u64(b, i->port);
	else
		buf_c(b, "null");
	buf_c(b, ",\"reliability\":");
	if (s->said.reliability)
		json_put(b, (struct str){ &s->said.reliability, 1 });
	else
		buf_c(b, "null");
	buf_fmt(b, ",\"listed\":%s,\"revoked\":%s", s->said.listed ? "true" : "false",
		i->revoked ? "true" : "false");
	put_time(b, "listed_first", s->said.listed_first);
	put_time(b, "listed_last", s->said.listed_last);
	buf_c(b, ",\"withheld\":");
	if (s->withheld)
		json_put(b, str_of(s->withheld));
	else
		buf_c(b, "null");
	if (explain && s->weighed)
		buf_fmt(b,
			",\"explain\":{\"reliability\":%.3f,\"confidence\":%.3f,\"record\":%.6f,"
			"\"source_values\":%llu,\"source_wrong\":%llu,"
			"\"freshness\":%.4f,\"age_days\":%.4f,\"lifetime_days\":%u,\"delta\":%.2f,"
			"\"weight\":%.6f,\"counts\":%s",
			p->source, p->said, p->record, (unsigned long long)s->said.source_values,
			(unsigned long long)s->said.source_wrong, p->fresh, p->age, p->curve.days,
			p->curve.delta, p->weight, p->counts ? "true" : "false");
	if (explain && s->weighed) {
		if (!p->counts)
			put_text(b, "repeats", s->repeats);
		buf_ch(b, '}');
	}
	buf_ch(b, '}');
}

static void json_urls(struct buf *b, const struct looked *k, bool safe)
{
	buf_c(b, ",\"urls\":[");
	for (size_t i = 0; i < k->urls.n; i++) {
		if (i)
			buf_ch(b, ',');
		json_value(b, k->urls.v[i], safe);
	}
	buf_fmt(b, "],\"more_urls\":%s", k->more_urls ? "true" : "false");
}

static void json_entries(struct buf *b, const struct looked *k)
{
	buf_c(b, ",\"lists\":[");
	for (size_t i = 0; i < k->entries.n; i++) {
		const struct looked_entry *e = &k->entries.v[i];

		buf_c(b, i ? ",{\"list\":" : "{\"list\":");
		json_put(b, e->list);
		put_text(b, "class", str_of(xclass_text(e->class)));
		put_text(b, "entry", e->entry);
		put_text(b, "reason", e->reason);
		buf_fmt(b, ",\"within\":%s}", e->lies_in ? "true" : "false");
	}
	buf_c(b, "],\"overrides\":[");
	for (size_t i = 0; i < k->decisions.n; i++) {
		const struct looked_decision *d = &k->decisions.v[i];

		buf_c(b, i ? ",{\"value\":" : "{\"value\":");
		json_put(b, d->value);
		put_text(b, "verdict", str_of(decision_text(d->verdict)));
		put_text(b, "author", d->author);
		put_text(b, "reason", d->reason);
		put_time(b, "made", d->made);
		put_time(b, "expires", d->expires);
		buf_fmt(b, ",\"expired\":%s,\"within\":%s}", d->expired ? "true" : "false",
			d->lies_in ? "true" : "false");
	}
	buf_ch(b, ']');
}

static void json_owner(struct buf *b, const struct looked *k)
{
	const struct owner *o = &k->owner;

	if (o->asn)
		buf_fmt(b, ",\"asn\":%u", o->asn);
	else
		buf_c(b, ",\"asn\":null");
	put_text(b, "as_name", o->as_name);
	put_text(b, "country", o->country);
	buf_c(b, ",\"organisation\":");
	if (!k->has_org) {
		buf_c(b, "null");
		return;
	}
	buf_c(b, "{\"id\":");
	json_put(b, k->org.id);
	put_text(b, "name", k->org.name);
	put_text(b, "sector", k->org.sector);
	put_text(b, "country", k->org.country);
	put_text(b, "kind", str_of(org_kind_text(k->org.kind)));
	if (k->org.extra.n) {
		buf_c(b, ",\"extra\":");
		buf_puts(b, k->org.extra);
	}
	buf_ch(b, '}');
}

static void json_action(struct buf *b, const struct looked *k, bool explain)
{
	buf_fmt(b, ",\"action\":\"%s\",\"action_reason\":\"%s\"", action_text(why_action(k->why)),
		why_text(k->why));
	put_text(b, "action_detail", k->detail);
	if (!explain)
		return;
	buf_c(b, ",\"action_steps\":[");
	for (int w = 0; w <= (int)k->why; w++)
		buf_fmt(b, "%s{\"rule\":\"%s\",\"applies\":%s}", w ? "," : "",
			why_name((enum verdict_why)w), w == (int)k->why ? "true" : "false");
	buf_ch(b, ']');
}

void check_json(struct buf *b, const struct looked *k, bool safe, bool explain)
{
	buf_c(b, "{\"value\":");
	json_value(b, k->value, safe);
	put_text(b, "type", str_of(indicator_kind(&k->ind)));
	put_text(b, "verdict", str_of(opinion_text(k->opinion)));
	buf_fmt(b, ",\"score\":%u,\"indicators\":[", k->score);
	for (size_t i = 0; i < k->said.n; i++) {
		if (i)
			buf_ch(b, ',');
		json_said(b, &k->said.v[i], safe, explain);
	}
	buf_c(b, "],\"withheld\":");
	if (k->withheld) {
		buf_fmt(b, "{\"reason\":\"%s\"", k->withheld);
		put_text(b, "detail", k->detail);
		buf_ch(b, '}');
	} else {
		buf_c(b, "null");
	}
	json_action(b, k, explain);
	json_urls(b, k, safe);
	json_entries(b, k);
	json_owner(b, k);
	/* What telemetry taught is not kept yet. */
	buf_c(b, ",\"passive_dns\":[],\"relations\":[],\"sightings\":[]}\n");
}

/* ---- the terminal ---- */

static void line(struct screen *p, const char *en, const char *ja, struct str text, bool value)
{
	buf_c(p->b, "  ");
	buf_clear(&p->cell);
	cell_text(p, str_of(SAY(p, en, ja)));
	screen_cell(p, LEFT, 14, false);
	buf_c(p->b, "  ");
	buf_clear(&p->cell);
	if (value)
		cell_value(p, text);
	else
		cell_text(p, text);
	screen_cell(p, LEFT, p->width - 18, true);
	buf_ch(p->b, '\n');
}

static void say_head(struct screen *p, const struct looked *k)
{
	static const char *const words[][2] = { [OPINION_UNKNOWN] = { "unknown", "不明" },
						[OPINION_BENIGN] = { "benign", "無害" },
						[OPINION_SUSPICIOUS] = { "suspicious", "疑わしい" },
						[OPINION_MALICIOUS] = { "malicious", "悪性" } };
	static const char *const style[] = { "2", "32", "33", "1;31" };

	buf_clear(&p->cell);
	cell_value(p, k->value);
	screen_cell(p, LEFT, p->width - 24, false);
	screen_style(p, style[k->opinion]);
	buf_fmt(p->b, "  %s", words[k->opinion][p->japanese]);
	screen_plain(p);
	if (k->score)
		buf_fmt(p->b, "  %u", k->score);
	buf_ch(p->b, '\n');
}

static const struct column said_columns[] = {
	{ { "source", "情報源" }, LEFT, 8, 0 }, { { "role", "役割" }, LEFT, 5, 13 },
	{ { "family", "系統" }, LEFT, 6, 14 },  { { "port", "ポート" }, RIGHT, 4, 6 },
	{ { "first", "初認" }, LEFT, 5, 10 },   { { "listed", "掲載" }, LEFT, 6, 10 },
	{ { "weight", "重み" }, RIGHT, 6, 6 },
};

static void day(struct screen *p, int64_t t)
{
	if (t != TIME_NONE)
		time_format_date(&p->cell, t);
}

static void said_cell(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct looked *k = ctx;
	const struct looked_said *s = &k->said.v[row];

	switch (column) {
	case 0:
		cell_text(p, s->said.ind.source);
		if (!s->exact) {
			buf_c(&p->cell, " (");
			cell_value(p, s->value);
			buf_ch(&p->cell, ')');
		}
		break;
	case 1:
		cell_text(p, str_of(role_text(s->said.ind.role)));
		break;
	case 2:
		cell_text(p, s->said.ind.family);
		break;
	case 3:
		if (s->said.ind.port)
			buf_u64(&p->cell, s->said.ind.port);
		break;
	case 4:
		day(p, s->said.ind.from);
		break;
	case 5:
		if (s->said.listed)
			cell_text(p, str_of(SAY(p, "now", "現在")));
		else
			day(p, s->said.listed_last);
		break;
	default:
		if (s->weighed)
			buf_fmt(&p->cell, "%.0f%s", 100 * s->part.weight, s->part.counts ? "" : "*");
		break;
	}
}

static void say_explained(struct screen *p, const struct looked *k)
{
	screen_heading(p, "Why this score", "点数の内訳");
	buf_ch(p->b, '\n');
	for (size_t i = 0; i < k->said.n; i++) {
		const struct looked_said *s = &k->said.v[i];
		const struct trust_part *t = &s->part;

		if (!s->weighed)
			continue;
		buf_c(p->b, "  ");
		buf_clear(&p->cell);
		cell_text(p, s->said.ind.source);
		screen_cell(p, LEFT, p->width - 2, true);
		buf_fmt(p->b,
			SAY(p,
			    "\n    reliability %c %.2f × own word %.2f × record %.2f × freshness %.2f = "
			    "%.2f",
			    "\n    信頼性 %c %.2f × 自己申告 %.2f × 実績 %.2f × 鮮度 %.2f = %.2f"),
			s->said.reliability ? s->said.reliability : '?', t->source, t->said,
			t->record, t->fresh, t->weight);
		if (!t->counts) {
			buf_c(p->b, SAY(p, "\n    adds nothing: repeats ", "\n    加算なし（写し）: "));
			buf_clear(&p->cell);
			cell_text(p, s->repeats);
			screen_cell(p, LEFT, p->width - 30, true);
		}
		buf_ch(p->b, '\n');
		if (s->said.source_wrong)
			buf_fmt(p->b,
				SAY(p, "    %llu of its %llu values were wrong: (%llu + 20 - %llu) / (%llu + 20)\n",
				    "    誤り %llu 件、掲載 %llu 件: (%llu + 20 - %llu) / (%llu + 20)\n"),
				(unsigned long long)s->said.source_wrong,
				(unsigned long long)s->said.source_values,
				(unsigned long long)s->said.source_values,
				(unsigned long long)s->said.source_wrong,
				(unsigned long long)s->said.source_values);
		if (t->age >= 0)
			buf_fmt(p->b,
				SAY(p, "    seen %.0f days ago; fades over %u days: 1 - (t/%u)^(1/%.2g)\n",
				    "    確認 %.0f 日前、%u 日で減衰: 1 - (t/%u)^(1/%.2g)\n"),
				t->age, t->curve.days, t->curve.days, t->curve.delta);
	}
	buf_fmt(p->b,
		SAY(p, "  score: 100 × (1 - Π(1 - weight)) = %u\n",
		    "  点数: 100 × (1 - Π(1 - 重み)) = %u\n"),
		k->score);
}

static void say_lists(struct screen *p, const struct looked *k)
{
	enum { SHOWN = 8 };

	for (size_t i = 0; i < k->entries.n && i < SHOWN; i++) {
		const struct looked_entry *e = &k->entries.v[i];
		struct buf b;

		buf_init(&b, 1 << 16);
		buf_puts(&b, e->list);
		buf_c(&b, ": ");
		buf_puts(&b, e->entry);
		if (e->lies_in)
			buf_c(&b, SAY(p, " (lies in it)", "（その内側）"));
		line(p, xclass_text(e->class), xclass_text(e->class), buf_str(&b), false);
		buf_free(&b);
	}
	if (k->entries.n > SHOWN) {
		buf_c(p->b, "  ");
		screen_more(p, k->entries.n, SHOWN);
		buf_ch(p->b, '\n');
	}
	for (size_t i = 0; i < k->decisions.n; i++) {
		const struct looked_decision *d = &k->decisions.v[i];
		struct buf b;

		buf_init(&b, 1 << 16);
		buf_fmt(&b, "%s", decision_text(d->verdict));
		if (!str_eq(d->value, k->value)) {
			buf_ch(&b, ' ');
			buf_puts(&b, d->value);
		}
		buf_c(&b, ": ");
		buf_puts(&b, d->reason);
		buf_c(&b, " (");
		buf_puts(&b, d->author);
		if (d->expires != TIME_NONE) {
			buf_c(&b, d->expired ? SAY(p, ", expired ", "、失効 ")
					     : SAY(p, ", until ", "、期限 "));
			time_format_date(&b, d->expires);
		}
		buf_ch(&b, ')');
		line(p, "decided", "判断", buf_str(&b), false);
		buf_free(&b);
	}
}

/* What is spoken of on a host says nothing of all the others on it. */
static void say_urls(struct screen *p, const struct looked *k)
{
	for (size_t i = 0; i < k->urls.n; i++)
		line(p, i ? "" : "URLs on it", i ? "" : "その上の URL", k->urls.v[i], true);
	if (k->more_urls)
		line(p, "", "", STR("…"), false);
}

static void say_owner(struct screen *p, const struct looked *k)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	if (k->owner.asn) {
		buf_fmt(&b, "AS%u ", k->owner.asn);
		buf_puts(&b, k->owner.as_name);
		buf_c(&b, "  ");
		buf_puts(&b, k->owner.country);
		line(p, "network", "ネットワーク", buf_str(&b), false);
	}
	buf_clear(&b);
	if (k->has_org) {
		buf_puts(&b, k->org.name);
		buf_c(&b, "  ");
		buf_puts(&b, k->org.sector);
		line(p, "organisation", "組織", buf_str(&b), false);
	}
	buf_free(&b);
}

/* What each reason says, as far as it decides. */
static const char *const whys[WHY_COUNT][2] = {
	[WHY_SPECIAL_PURPOSE] = { "special-purpose range", "特殊用途の範囲" },
	[WHY_TOO_BROAD] = { "too broad", "範囲が広すぎる" },
	[WHY_ALLOWED] = { "allowed by an analyst", "担当者が許可" },
	[WHY_VETOED] = { "an analyst allowed what lies in it", "その内側を担当者が許可" },
	[WHY_INFORM] = { "an analyst decided to inform", "担当者が通知のみと判断" },
	[WHY_BLOCK] = { "an analyst decided to block", "担当者が遮断と判断" },
	[WHY_ALLOW_LISTED] = { "allow-listed", "許可リストに掲載" },
	[WHY_UNLISTED] = { "no source lists it", "どの情報源にも掲載なし" },
	[WHY_HOLDER] = { "only what is withheld holds it", "掲載は保留中の範囲のみ" },
	[WHY_REVOKED] = { "revoked by its source", "情報源が取り消し" },
	[WHY_OVER] = { "expired", "有効期間が終了" },
	[WHY_AHEAD] = { "not yet valid", "有効期間の開始前" },
	[WHY_SINKHOLE] = { "a sinkhole", "シンクホール" },
	[WHY_RESEARCH] = { "a research network", "研究用ネットワーク" },
	[WHY_SCANNER] = { "a scanner", "スキャナー" },
	[WHY_INFECTED_HOST] = { "an infected host", "感染ホスト" },
	[WHY_PROVIDER] = { "a provider's range", "共用：事業者の範囲" },
	[WHY_GRACE] = { "expired within the grace period", "有効期間の終了直後（猶予期間内）" },
	[WHY_LOW_SCORE] = { "the score is below 50", "点数が 50 未満" },
	[WHY_LISTED] = { "listed, nothing speaks against it", "掲載あり、妨げる理由なし" },
};

static const char *action_word(const struct screen *p, enum action a)
{
	static const char *const words[][2] = { [ACTION_NONE] = { "nothing is done", "対処しない" },
						[ACTION_INFORM] = { "inform only", "通知のみ" },
						[ACTION_BLOCK] = { "may be blocked", "遮断してよい" } };

	return words[a][p->japanese];
}

/* The score and what analysts decided stand on the page anyway. */
static bool said_elsewhere(enum verdict_why w)
{
	return w == WHY_ALLOWED || w == WHY_VETOED || w == WHY_INFORM || w == WHY_BLOCK ||
	       w == WHY_LISTED || w == WHY_LOW_SCORE;
}

static void say_action(struct screen *p, const struct looked *k)
{
	enum action action = why_action(k->why);
	struct buf b;

	/* That is said where the statements would be. */
	if (k->why == WHY_UNLISTED)
		return;
	buf_init(&b, 1 << 17);
	if (!k->withheld)
		buf_fmt(&b, SAY(p, "%s: ", "%s："), action_word(p, action));
	buf_fmt(&b, "%s", whys[k->why][p->japanese]);
	if (k->detail.n && !said_elsewhere(k->why)) {
		buf_c(&b, SAY(p, ", ", "、"));
		buf_puts(&b, k->detail);
	}
	if (k->withheld)
		line(p, "withheld", "保留", buf_str(&b), false);
	else
		line(p, "action", "対処", buf_str(&b), false);
	buf_free(&b);
}

static void say_steps(struct screen *p, const struct looked *k)
{
	screen_heading(p, "What may be done, step by step", "対処の判断の順序");
	buf_ch(p->b, '\n');
	for (int w = 0; w <= (int)k->why; w++) {
		enum verdict_why why = (enum verdict_why)w;

		if (why == k->why)
			buf_fmt(p->b, SAY(p, "  %s: yes, so %s\n", "  %s：はい → %s\n"),
				whys[why][p->japanese], action_word(p, why_action(why)));
		else
			buf_fmt(p->b, SAY(p, "  %s: no\n", "  %s：いいえ\n"), whys[why][p->japanese]);
	}
}

void check_text(struct screen *p, const struct looked *k, bool explain)
{
	struct table t = { .columns = said_columns,
			   .n_columns = sizeof said_columns / sizeof said_columns[0],
			   .n_rows = k->said.n,
			   .ctx = (void *)(uintptr_t)k,
			   .fill = said_cell };

	say_head(p, k);
	say_action(p, k);
	say_owner(p, k);
	say_lists(p, k);
	say_urls(p, k);
	if (k->said.n)
		screen_table(p, &t);
	else
		buf_c(p->b, k->urls.n ? SAY(p, "  no source says anything of the host itself\n",
					    "  ホストそのものに言及する情報源はありません\n")
				      : SAY(p, "  no source says anything of it\n",
					    "  これに言及する情報源はありません\n"));
	if (explain && k->said.n)
		say_explained(p, k);
	if (explain)
		say_steps(p, k);
}
