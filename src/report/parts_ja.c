/* SPDX-License-Identifier: Apache-2.0 */
/* Japanese: families, controllers, clusters and single findings. */
#include "report/parts.h"
#include "report/phrases.h"

static void about_controller(const struct view *v, struct buf *b, uint32_t i, bool first, bool only)
{
	const struct answer_controller *c = &v->a->controllers[i];
	bool answered = v->controllers[i].level > LEVEL_ATTEMPT;
	uint32_t idx[256];
	size_t n = facts_callers(v, i, idx, 256);
	struct facts regions;

	buf_c(b, only ? "C2サーバーは" : first ? "最も活発なC2サーバーは" : "次に活発なのは");
	ja_controller(v, b, i);
	buf_c(b, "で、");
	if (v->controllers[i].orgs > 1) {
		say_num(b, v->controllers[i].orgs);
		buf_c(b, "組織の");
	}
	if (!v->controllers[i].orgs)
		buf_c(b, "所有者不明の");
	ja_hosts(b, c->hosts);
	buf_c(b, answered ? "が通信していました。" : "が接続を試みていました。");
	if (v->controllers[i].orgs) {
		buf_c(b, v->controllers[i].orgs > 1 ? "通信元は、" : "通信元は");
		ja_who(v, b, idx, n, NAMED_MAX);
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

void parts_ja_family(const struct view *v, struct buf *b, const struct view_family *f)
{
	size_t told = 0;

	say_ja_span(b, f->first, f->last);
	buf_c(b, time_day(f->first) == time_day(f->last) ? "に、" : "の間に、");
	if (f->known_orgs) {
		size_t from = b->n;

		if (ja_where(v, b, f->orgs, f->n_orgs))
			buf_c(b, f->known_orgs > 1 ? "にある" : "の");
		if (b->n == from || f->known_orgs > 1) {
			ja_organisations(b, f->known_orgs);
			buf_c(b, "の");
		} else {
			buf_c(b, "1組織の");
		}
	} else {
		buf_c(b, "所有者不明の");
	}
	ja_hosts(b, f->hosts);
	buf_c(b, "が、");
	if (f->name.n) {
		say_strong(b, f->name);
		buf_c(b, "の");
	} else {
		buf_c(b, "情報源がファミリー名を示していない");
	}
	ja_controllers(b, f->n_controllers);
	buf_c(b, ja_called(f->silent_hosts < f->hosts));
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

void parts_ja_controllers_lead(const struct view *v, struct buf *b)
{
	buf_c(b, "通信先となったのは");
	ja_controllers(b, v->a->n_controllers);
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

void parts_ja_clusters_lead(const struct view *v, struct buf *b)
{
	buf_c(b, "通信で結び付いたC2サーバーと組織は、");
	say_num(b, v->a->n_clusters);
	buf_c(b, "つのクラスターに分かれます。同じクラスターのC2サーバーは、同じ攻撃者が運用しているか、同じ経路で提供されている可能性があります。\n");
}

void parts_ja_cluster(const struct view *v, struct buf *b, size_t i)
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
		ja_controller(v, b, top);
		buf_c(b, c->n_controllers > 1 ? "を中心とする" : "と、");
	}
	if (c->n_controllers > 1) {
		ja_controllers(b, c->n_controllers);
		buf_c(b, "と、");
	}
	if (known) {
		if (ja_where(v, b, c->orgs, c->n_orgs))
			buf_c(b, known > 1 ? "にある" : "の");
		ja_organisations(b, known);
	} else {
		buf_c(b, "所有者不明のホスト");
	}
	buf_c(b, "からなります。");
	buf_init(&place, 4096);
	facts_source_regions(v, c->controllers, c->n_controllers, &regions);
	facts_sources(v, c->controllers, c->n_controllers, &countries);
	if (ja_mostly(&place, &regions, &countries, "件")) {
		buf_c(b, "C2サーバーの多くは");
		buf_puts(b, buf_str(&place));
		buf_c(b, "にあります。");
	}
	buf_clear(&place);
	facts_regions(v, c->orgs, c->n_orgs, &regions);
	facts_countries(v, c->orgs, c->n_orgs, &countries);
	if (regions.n > 1 && ja_mostly(&place, &regions, &countries, "組織")) {
		buf_c(b, "組織の多くは");
		buf_puts(b, buf_str(&place));
		buf_c(b, "にあります。");
	}
	buf_free(&place);
	buf_ch(b, '\n');
}

void parts_ja_places(const struct view *v, struct buf *b)
{
	if (v->ownerless_hosts) {
		buf_c(b, "所有者が分からない");
		ja_hosts(b, v->ownerless_hosts);
		buf_c(b, "は、ここには含めていません。\n");
	}
}

void parts_ja_timeline(const struct view *v, struct buf *b)
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

void parts_ja_findings_lead(const struct view *v, struct buf *b)
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

void parts_ja_finding(const struct view *v, struct buf *b, const struct finding *f)
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
