/* SPDX-License-Identifier: Apache-2.0 */
/* How `nezumi override` tells of decisions: for terminals and as JSON. */
#include "cmd/members.h"
#include "cmd/override_parts.h"

#include "base/escape.h"
#include "base/json.h"

static void put_until(struct screen *p, int64_t expires)
{
	if (expires == TIME_NONE)
		buf_c(&p->cell, SAY(p, "for good", "無期限"));
	else
		time_format_date(&p->cell, expires);
}

static const char *decision_word(const struct screen *p, enum decision v)
{
	static const char *const words[][2] = {
		[DECIDED_BLOCK] = { "block", "遮断" }, [DECIDED_INFORM] = { "inform", "通知のみ" }, [DECIDED_ALLOW] = { "allow", "許可" }
	};

	return words[v][p->japanese];
}

bool override_expired(const struct override_work *k, const struct store_override *o)
{
	return o->expires != TIME_NONE && o->expires <= k->now;
}

static void item_json(struct override_work *k, const struct override_item *item)
{
	const struct store_override *o = &item->o;
	struct buf *b = &k->out;

	buf_c(b, "{\"value\":");
	if (k->w->c.defang) {
		buf_clear(&k->text);
		defang(&k->text, item->value);
		json_put(b, buf_str(&k->text));
	} else {
		json_put(b, item->value);
	}
	put_text(b, "type", str_of(indicator_kind(&o->value)));
	put_text(b, "verdict", str_of(decision_text(o->verdict)));
	put_text(b, "author", o->author);
	put_text(b, "reason", o->reason);
	put_time(b, "made", o->made);
	put_time(b, "expires", o->expires);
	buf_fmt(b, ",\"expired\":%s}", override_expired(k, o) ? "true" : "false");
}

void override_json(struct override_work *k, const char *key)
{
	buf_fmt(&k->out, "{\"%s\":[", key);
	for (size_t i = 0; i < k->items.n; i++) {
		buf_c(&k->out, i ? ",\n" : "\n");
		item_json(k, &k->items.v[i]);
	}
	buf_c(&k->out, "]}\n");
}

/* A line of a value and what became of it. */
void override_line(struct override_work *k, const struct override_item *item, bool removed)
{
	struct screen *p = &k->p;

	buf_clear(&p->cell);
	cell_value(p, item->value);
	buf_fmt(&p->cell, ": %s",
		removed ? SAY(p, "removed", "削除しました") : decision_word(p, item->o.verdict));
	if (!removed) {
		if (item->o.expires != TIME_NONE)
			buf_c(&p->cell, SAY(p, " until ", "、期限 "));
		else
			buf_ch(&p->cell, ' ');
		put_until(p, item->o.expires);
	}
	if (item->there) {
		buf_fmt(&p->cell, SAY(p, " (was: %s, by ", "（以前: %s、"),
			decision_word(p, item->was.verdict));
		cell_text(p, item->was.author);
		buf_c(&p->cell, SAY(p, ")", "）"));
	}
	buf_puts(p->b, buf_str(&p->cell));
	buf_ch(p->b, '\n');
}

static const struct column list_columns[] = {
	{ { "value", "値" }, LEFT, 12, 40 },   { { "verdict", "判断" }, LEFT, 6, 8 },
	{ { "until", "期限" }, LEFT, 8, 20 },  { { "author", "担当者" }, LEFT, 5, 16 },
	{ { "reason", "理由" }, LEFT, 12, 0 },
};

static void list_cell(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct override_work *k = ctx;
	const struct override_item *item = &k->items.v[row];

	switch (column) {
	case 0:
		cell_value(p, item->value);
		break;
	case 1:
		cell_text(p, str_of(decision_word(p, item->o.verdict)));
		break;
	case 2:
		put_until(p, item->o.expires);
		if (override_expired(k, &item->o))
			buf_c(&p->cell, SAY(p, " expired", " 失効"));
		break;
	case 3:
		cell_text(p, item->o.author);
		break;
	default:
		cell_text(p, item->o.reason);
		break;
	}
}

static const char *list_style(void *ctx, size_t row)
{
	const struct override_work *k = ctx;

	return override_expired(k, &k->items.v[row].o) ? "2" : NULL;
}

void override_list(struct override_work *k)
{
	struct screen *p = &k->p;
	struct table t = { .columns = list_columns,
			   .n_columns = sizeof list_columns / sizeof list_columns[0],
			   .n_rows = k->items.n,
			   .ctx = k,
			   .fill = list_cell,
			   .row_style = list_style };

	if (k->items.n)
		screen_table(p, &t);
	else
		buf_c(p->b, SAY(p, "Nothing is decided by hand.\n", "手動の判断はありません。\n"));
}
