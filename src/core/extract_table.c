/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, whose heads say what stands below them, and quotations. */
#include "core/extract_parts.h"

/* ---- tables ----------------------------------------------------------------------------------- */

/* The kinds of words in the cells of a table's head: of its columns, as far as they say something. */
static void columns(struct ex *x, const struct ex_line *l)
{
	enum { SAY = W_VERSION | W_BENIGN | W_REFS | W_CONTACT | W_CUE | W_WEAK | W_IOC | W_NAMES };
	size_t cell = l->body, n = 0, digits = 0, most = sizeof x->column / sizeof x->column[0];
	uint32_t all = 0;

	x->columns = 0;
	if (l->bullet)
		return;
	for (size_t i = l->body; i <= l->end && n < most; i++) {
		bool blanks = i + 1 < l->end && x->p[i] == ' ' && x->p[i + 1] == ' ';
		const struct word_hit *w;
		uint32_t kinds = 0;

		/* That is no head. */
		if (i < l->end && (x->p[i] == '=' || x->p[i] == '"'))
			return;
		digits += i < l->end && ex_is(x->p[i], C_DIGIT);
		if (i < l->end && x->p[i] != '|' && x->p[i] != '\t' && !blanks)
			continue;
		if (i - cell <= 40)
			for (w = ex_hits_from(x, cell); w && w < ex_hits_end(x) && w->at < i; w++)
				kinds |= w->kind & W_VERSION && w->number && w->number != ONLY_UPDATE &&
							 w->number != ONLY_COLUMN
						 ? w->kind & ~(uint32_t)W_VERSION
						 : w->kind;
		/* "Affected hosts" */
		if (kinds & (W_VALUE | W_CUE | W_ROLE | W_SENDER))
			kinds &= ~(uint32_t)W_VERSION;
		if (kinds & W_BENIGN)
			kinds &= ~(uint32_t)(W_CUE | W_IOC);
		x->column[n++] = kinds &= SAY;
		all |= kinds;
		while (blanks && i < l->end && x->p[i + 1] == ' ')
			i++;
		if (blanks && x->p[i + 1] == '|')
			i++;
		cell = i + 1;
	}
	x->columns = n > 1 && digits * 4 <= l->end - l->body &&
				     all & (W_VERSION | W_BENIGN | W_REFS | W_CONTACT | W_CUE | W_NAMES)
			     ? (uint8_t)n
			     : 0;
}

void ex_table_line(struct ex *x, const struct ex_line *l, bool value)
{
	size_t i = ex_next(x->mark[MARK_CELL], l->body, l->end);
	bool cells = i < l->end && l->end - l->at < 1000;

	/* "|---|---|" */
	while (i < l->end && strchr("|-: +=", x->p[i]))
		i++;
	if (cells && i == l->end && !value && !ex_alnum(x->p[l->body]))
		return;
	if (!cells)
		x->columns = 0;
	else if (!x->table && !value) {
		ex_scan(x, l->body, l->end);
		columns(x, l);
	}
	x->table = cells;
}

/* Behind the mark that ends the cell which i is in, or SIZE_MAX. */
static size_t next_cell(const struct ex *x, size_t i, size_t to)
{
	for (; i < to; i++) {
		i = ex_next(x->mark[MARK_CELL], i, to);
		if (i == to)
			break;
		if (x->p[i] == '|' || x->p[i] == '\t')
			return i + 1;
		if (x->p[i + 1] == ' ') {
			while (i < to && x->p[i] == ' ')
				i++;
			return x->p[i] == '|' ? i + 1 : i;
		}
	}
	return SIZE_MAX;
}

void ex_column(struct ex *x, struct found *f)
{
	uint32_t kinds;

	if (x->cell_line != x->line.at + 1 || f->at < x->cell_at) {
		x->cell_line = x->line.at + 1;
		x->cell_at = x->line.body;
		x->cell = 0;
	}
	for (;;) {
		size_t next = x->cell < x->columns ? next_cell(x, x->cell_at, f->at) : SIZE_MAX;

		if (next == SIZE_MAX)
			break;
		x->cell_at = (uint32_t)next;
		x->cell++;
	}
	if (x->cell >= x->columns)
		return;
	kinds = x->column[x->cell];
	if (kinds & W_VERSION && f->type == EX_IPV4 && !(f->flags & F_HARD) && !f->port)
		f->flags |= F_VERSION;
	if (kinds & W_BENIGN) {
		f->flags |= F_BENIGN;
		f->flags &= ~(uint32_t)(F_SEC_IOC | F_CUE | F_STRONG | F_VALUE_WORD);
	}
	if (kinds & (W_REFS | W_CONTACT))
		f->flags = (f->flags & ~(uint32_t)F_SEC_IOC) | F_SEC_REF;
	if (kinds & (W_CUE | W_IOC))
		f->flags |= F_CUE | F_SEC_IOC | F_ROW | (kinds & W_WEAK ? 0 : F_STRONG);
	if (kinds & W_NAMES)
		f->traits |= T_NAMES;
}

/* ---- quotations ------------------------------------------------------------------------------- */

/* Opening marks of quotations, and those that close one and open none. */
static int quote_at(const struct ex *x, size_t i)
{
	const unsigned char *u = (const unsigned char *)x->p + i;

	if (u[0] == 0xc2)
		return u[1] == 0xab ? 1 : u[1] == 0xbb ? -1 : 0;
	if (u[0] == 0xe2 && u[1] == 0x80)
		return u[2] == 0x9e || u[2] == 0x9c ? 1 : u[2] == 0x9d ? -1 : 0;
	if (u[0] == 0xe3 && u[1] == 0x80)
		return u[2] == 0x8c || u[2] == 0x8e ? 1 : u[2] == 0x8d || u[2] == 0x8f ? -1 : 0;
	return 0;
}

bool ex_quoted(const struct ex *x, const struct found *f)
{
	static const unsigned char leads[] = { 0xc2, 0xe2, 0xe3 };
	size_t least = f->at - x->line.at > 200 ? f->at - 200 : x->line.at, best = 0;
	size_t marks = 0, plain = 0, to;
	const char *p;

	/* The nearest mark of its own kind for either end. */
	for (size_t k = 0; k < sizeof leads; k++)
		for (to = f->at; to > best && to > least; to = (size_t)(p - x->p)) {
			p = memrchr(x->p + least, leads[k], to - least);
			if (!p)
				break;
			if (quote_at(x, (size_t)(p - x->p))) {
				best = (size_t)(p - x->p) > best ? (size_t)(p - x->p) : best;
				break;
			}
		}
	if (best)
		return quote_at(x, best) > 0 && f->at - best > 9;
	for (to = f->at; to > least; to = (size_t)(p - x->p)) {
		p = memrchr(x->p + least, '"', to - least);
		if (!p)
			break;
		plain = marks++ ? plain : (size_t)(p - x->p);
	}
	return marks % 2 && f->at - plain > 9;
}
