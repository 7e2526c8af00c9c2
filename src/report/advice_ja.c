/* SPDX-License-Identifier: Apache-2.0 */
/* Japanese, second half: reasons, method, what was set aside, what to do. */
#include "report/advice.h"

#define MEANING(table, key) meaning_of(table, sizeof(table) / sizeof(table)[0], key)

static const struct meaning excluded[] = {
	{ "inbound-only",
	  "C2サーバー側から接続してきて、応答されなかった通信です。これはスキャンであり、感染したホストは自分から接続します。" },
	{ "outside-validity",
	  "インジケーターの有効期間から外れた通信です。リストの日付は掲載日であってC2サーバーの稼働期間ではないため、感染とも無関係とも言えません。" },
	{ "benign-name",
	  "マルウェアも使うアドレスですが、無害なサイトの名前で接続していました。名前を優先して判断します。" },
	{ "scanner", "インターネット全体を調べているホストで、C2サーバーにも接続します。" },
	{ "hosting", "貸し出されている機器です。事業者は被害者ではなく、借り手も分かりません。" },
	{ "resolver", "利用者に代わって名前を問い合わせているホストです。" },
	{ "sinkhole", "差し押さえたC2サーバーを運用している組織のホストです。" },
	{ "research", "調査のため、意図的にマルウェアと通信しているホストです。" },
	{ "allow-listed", "無害と分かっているサービスのリストに載っています。" },
	{ "tor", "Torの出口です。接続したのは別の誰かです。" },
};

static const struct meaning withheld[] = {
	{ "special-purpose",
	  "インターネット上のC2サーバーではありえない範囲（プライベート、予約済み、マルチキャスト）にあります。" },
	{ "too-broad", "範囲が広すぎて、無関係な相手を巻き込みます。" },
	{ "allow-listed", "無害と分かっているサービスのもの、またはそれを含む範囲です。" },
	{ "expired", "情報源が取り下げました。" },
};

static const struct meaning parts[] = {
	{ "evidence", "何が確認されたか（双方向のデータ、応答、接続の試み、名前の問い合わせ）" },
	{ "port", "インジケーターが示すポートへの接続" },
	{ "repetition", "回数" },
	{ "days", "日数" },
	{ "regularity", "間隔と大きさの規則性" },
	{ "family", "同じファミリーの複数のC2サーバーへの接続" },
	{ "names", "問い合わせた名前と接続先の一致" },
	{ "sources", "複数の情報源への掲載" },
	{ "grace", "インジケーターの有効期間の直前か直後だけの通信" },
	{ "cap",
	  "上限：ポートが一致しない、外からの接続に応答しただけ、共有サーバーの別の名前、C2以外のインジケーター" },
};

void advice_ja_part(struct buf *b, struct str part)
{
	const char *text = MEANING(parts, part);

	if (text)
		buf_c(b, text);
	else
		say_text(b, part);
}

static void named(struct buf *b, const char *text, struct str key)
{
	if (text)
		buf_c(b, text);
	else
		say_text(b, key);
}

void advice_ja_label(struct buf *b, struct str reason)
{
	static const struct meaning labels[] = {
		{ "inbound-only", "外からの接続のみ" },
		{ "outside-validity", "有効期間外" },
		{ "benign-name", "無害な名前" },
		{ "scanner", "スキャナー" },
		{ "hosting", "ホスティング" },
		{ "resolver", "リゾルバー" },
		{ "sinkhole", "シンクホール" },
		{ "research", "研究" },
		{ "allow-listed", "無害リスト" },
		{ "tor", "Tor" },
		{ "special-purpose", "特殊用途の範囲" },
		{ "too-broad", "範囲が広すぎる" },
		{ "expired", "取り下げ" },
	};

	named(b, MEANING(labels, reason), reason);
}

void advice_ja_kind(struct buf *b, struct str kind)
{
	static const struct meaning kinds[] = {
		{ "indicators", "インジケーター" },
		{ "telemetry", "通信記録" },
		{ "organisations", "組織表" },
		{ "exclusions", "除外リスト" },
	};

	named(b, MEANING(kinds, kind), kind);
}

void advice_ja_why_excluded(struct buf *b, struct str reason)
{
	const char *text = MEANING(excluded, reason);

	buf_c(b, text ? text : "");
}

void advice_ja_why_withheld(struct buf *b, struct str reason)
{
	const char *text = MEANING(withheld, reason);

	buf_c(b, text ? text : "");
}

void advice_ja_reason(const struct view *v, struct buf *b, const struct finding *f,
		      const struct reason *r)
{
	struct str p = r->part;

	(void)v;
	(void)f;
	if (str_is(p, "evidence-two-way")) {
		buf_c(b, "記録");
		say_num(b, r->b);
		buf_c(b, "件");
		if (r->a != r->b) {
			buf_c(b, "のうち");
			say_num(b, r->a);
			buf_c(b, "件");
		} else if (r->b > 1) {
			buf_c(b, "のすべて");
		}
		buf_c(b, "で、双方向のデータを確認");
	} else if (str_is(p, "evidence-established")) {
		buf_c(b, "応答のあった接続が");
		say_num(b, r->b);
		buf_c(b, "回（双方向のデータは確認できず）");
	} else if (str_is(p, "evidence-attempt")) {
		say_num(b, r->b);
		buf_c(b, "回接続を試行、応答は確認できず");
	} else if (str_is(p, "evidence-lookup")) {
		buf_c(b, "名前の問い合わせが");
		say_num(b, r->b);
		buf_c(b, "回（接続は確認できず）");
	} else if (str_is(p, "port")) {
		buf_c(b, "インジケーターが示すポート");
		buf_u64(b, r->a);
		buf_c(b, "への接続");
	} else if (str_is(p, "repetition")) {
		say_num(b, r->a);
		buf_c(b, "回の接続（偶然の訪問ではない）");
	} else if (str_is(p, "days")) {
		say_num(b, r->a);
		buf_c(b, "日にわたる接続");
	} else if (str_is(p, "regularity")) {
		buf_c(b, "規則的な間隔での接続（");
		if (r->b) {
			buf_c(b, "最も多い間隔は");
			say_ja_interval(b, (int64_t)(r->b > 1000000000 ? 1000000000 : r->b) * TIME_S);
			buf_c(b, "、");
		}
		buf_c(b, "規則性は100のうち");
		buf_u64(b, r->a);
		buf_c(b, "）");
	} else if (str_is(p, "family")) {
		buf_c(b, "同じファミリーのC2サーバー");
		say_num(b, r->a);
		buf_c(b, "件に接続");
	} else if (str_is(p, "names")) {
		buf_c(b, r->a == 1 ? "リストに載っている名前を問い合わせ"
				   : "名前の問い合わせと接続が一致");
	} else if (str_is(p, "sources")) {
		say_num(b, r->a);
		buf_c(b, "つの情報源が掲載");
	} else if (str_is(p, "grace")) {
		buf_c(b, "インジケーターの有効期間の直前か直後だけの通信");
	} else if (str_is(p, "cap-port")) {
		buf_c(b, "インジケーターが示すポートへの接続がない");
	} else if (str_is(p, "cap-inbound")) {
		buf_c(b, "C2サーバー側から接続し、ホストが応答した");
	} else if (str_is(p, "cap-provider")) {
		buf_c(b, "共有サーバーであり、別の名前で接続した");
	} else if (str_is(p, "cap-role")) {
		buf_c(b, "C2サーバーとしては掲載されていない");
	} else {
		say_text(b, r->text.n ? r->text : r->part);
	}
	if (str_starts(p, STR("cap-"))) {
		buf_c(b, "（上限");
		buf_u64(b, r->b);
		buf_c(b, "点）");
	}
}

/* ---- what was set aside ---- */

static const char *host_noun(struct str reason)
{
	static const struct meaning nouns[] = {
		{ "scanner", "スキャナー" },      { "hosting", "ホスティング上の機器" },
		{ "resolver", "リゾルバー" },     { "sinkhole", "シンクホール" },
		{ "research", "研究用のホスト" }, { "allow-listed", "無害と分かっているホスト" },
		{ "tor", "Torの出口" },
	};

	return MEANING(nouns, reason);
}

void advice_ja_aside_brief(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	bool said = false;

	if (!a->n_excluded && !a->n_withheld)
		return;
	if (v->excluded_hosts) {
		buf_c(b, "なお、");
		say_num(b, v->excluded_hosts);
		buf_c(b, "台のホストは被害者ではないと判断して除外しました（");
		for (size_t i = 0; i < v->excluded.n; i++) {
			const char *noun = host_noun(v->excluded.v[i].key);

			if (!noun)
				continue;
			buf_c(b, said ? "、" : "");
			buf_c(b, noun);
			say_num(b, v->excluded.v[i].hosts);
			buf_c(b, "台");
			said = true;
		}
		buf_c(b, "）。");
	} else if (a->n_excluded) {
		buf_c(b, "なお、インジケーターと一致した記録のうち");
		say_num(b, a->excluded_records);
		buf_c(b, "件を除外しました。");
	}
	if (a->n_withheld) {
		buf_c(b, "また、使えば無関係な相手を巻き込むおそれのあるインジケーター");
		say_num(b, a->n_withheld);
		buf_c(b, "件は、照合に使っていません。");
	}
	buf_c(b, "除外したものは、すべて理由とともに示します。\n");
}

void advice_ja_aside(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;

	if (!a->n_excluded && !a->n_withheld && !v->malformed) {
		buf_c(b, "除外したものはありません。スキャナーや共有サービス、不適切なインジケーター、読み取れない行は、いずれもありませんでした。\n");
		return;
	}
	buf_c(b, "感染しているという指摘は、組織の信用を左右します。そのため、インジケーターと一致しても検出としなかったものを、理由とともにすべて残しています。");
	if (a->excluded_records) {
		buf_c(b, "一致した");
		say_num(b, a->matched);
		buf_c(b, "件の記録のうち、");
		say_num(b, a->excluded_records);
		buf_c(b, "件を除外しました。");
	}
	buf_ch(b, '\n');
}

void advice_ja_nothing(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;

	if (a->seen_first != TIME_NONE && a->seen_last != TIME_NONE) {
		say_ja_span(b, a->seen_first, a->seen_last);
		buf_c(b, "の");
	}
	buf_c(b, "通信記録");
	say_num(b, a->records);
	buf_c(b, "件を、インジケーター");
	say_num(b, a->indicators);
	buf_c(b, "件と照合しました。\n");
	if (!a->records)
		buf_c(b, "読み取れた記録は1件もありません。安心してよいと判断する前に、下のファイル一覧を確認してください。\n");
	else if (!a->indicators)
		buf_c(b, "照合できるインジケーターがありませんでした。安心してよいと判断する前に、下のファイル一覧を確認してください。\n");
	else if (a->matched) {
		say_num(b, a->matched);
		buf_c(b, "件の記録が一致しましたが、感染したホストを示すものではないため除外しました。\n");
	} else
		buf_c(b, "一致がなかったことは、このインジケーターとこの期間について言えるだけで、ネットワークが安全であることの証明ではありません。\n");
	advice_ja_aside_brief(v, b);
}

/* ---- method ---- */

void advice_ja_method(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;

	buf_c(b, "通信記録");
	say_num(b, a->records);
	buf_c(b, "件を、下に示す情報源がC2サーバーとしているアドレス、ネットワーク、ドメイン、URLのインジケーター");
	say_num(b, a->indicators);
	buf_c(b, "件と照合しました。");
	if (!a->matched) {
		buf_c(b, "一致した記録はありません。\n");
	} else {
		buf_c(b, "一致した記録は");
		say_num(b, a->matched);
		if (a->excluded_records == a->matched) {
			buf_c(b, "件で、すべて除外しました。\n");
		} else if (!a->excluded_records) {
			buf_c(b, "件で、除外したものはありません。\n");
		} else {
			buf_c(b, "件で、そのうち");
			say_num(b, a->excluded_records);
			buf_c(b, "件を除外しました。\n");
		}
	}
	buf_c(b,
	      "最初に見るのは通信の向きです。感染したホストは自分から接続します。C2サーバー側から接続してきて応答がなければ、それはスキャンです。次に、インジケーターの有効期間、"
	      "示されたポート、接続に使われた名前を見ます。共有アドレスへの接続でも、無害なサイトの名前であれば検出としません。\n");
	buf_c(b, "スキャナー、ホスティング事業者、リゾルバー、シンクホール、研究機関のネットワーク、Torの出口にあるホストは、被害者とみなしません。アドレスがどの組織のものかは組織表で、"
		 "組織表にないものは接続事業者で判断します。\n");
	buf_c(b, "残った通信を、項目ごとの点数の合計（0～100点）で評価します。75点以上を「高」、50点以上を「中」、それ未満を「低」とします。\n");
	buf_c(b,
	      "通信記録から分かるのは接続の事実であり、その背後のプログラムではありません。研究者など、被害者ではない人が接続した可能性もあります。また、センサーを通らなかった通信は"
	      "分かりません。この報告に載っていないことは、その組織が感染していないことを意味しません。\n");
}

/* ---- what to do ---- */

static void heading(struct buf *b, const char *text)
{
	buf_c(b, text);
	buf_ch(b, '\n');
}

static void item(struct buf *b)
{
	buf_ch(b, MARK_DEEPER);
}

static void first_controllers(const struct view *v, struct buf *b)
{
	size_t n = facts_cover(v, 80);

	if (v->a->n_controllers < 3 || n * 2 > v->a->n_controllers)
		n = 1;
	if (n > 5)
		n = 5;
	for (size_t i = 0; i < n; i++) {
		buf_c(b, i ? "、" : "");
		say_value(b, v->a->controllers[i].value);
	}
}

static void block(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	uint64_t domains = facts_domains(v), addresses = a->n_controllers - domains,
		 rented = facts_rented(v);

	heading(b, "遮断する");
	if (addresses) {
		item(b);
		buf_c(b, "付録のアドレス");
		if (addresses > 1) {
			say_num(b, addresses);
			buf_c(b, "件");
		}
		buf_c(b, "への接続をファイアウォールとIPSで遮断し、試行をすべて記録してください。");
		if (addresses > 1) {
			first_controllers(v, b);
			buf_c(b, "を優先します。");
		}
		buf_ch(b, '\n');
	}
	if (domains) {
		item(b);
		buf_c(b, "付録のドメイン");
		if (domains > 1) {
			say_num(b, domains);
			buf_c(b, "件");
		}
		buf_c(b, "を、サブドメインを含めて、リゾルバーの応答ポリシーゾーン（RPZ）で遮断してください。\n");
	}
	if (rented) {
		item(b);
		say_num(b, rented);
		buf_c(b, "件は貸し出されるアドレス範囲にあります。次の借り手は無関係かもしれないため通知のみとし、遮断する場合は担当者が期限を決めて判断してください。\n");
	}
}

static void alert_and_hunt(const struct view *v, struct buf *b)
{
	int64_t since = v->first > 30 * TIME_DAY ? v->first - 30 * TIME_DAY : v->first;

	heading(b, "警告を出す");
	item(b);
	buf_c(b, "IDS・IPS：付録のインジケーターへの接続は、応答の有無にかかわらず警告の対象にしてください。");
	if (v->silent_hosts) {
		buf_c(b, "本報告でも、");
		say_num(b, v->silent_hosts);
		buf_c(b, "台が応答のない試行だけで見つかっています。");
	}
	buf_ch(b, '\n');
	item(b);
	buf_c(b, "DNS：問い合わせを、問い合わせ元のクライアントとともに記録し、リストにある名前に警告を出してください。アドレスは数日で変わりますが、名前はより長く使われます。\n");
	if (v->steady) {
		item(b);
		buf_c(b, "同じ宛先への一定間隔の接続を監視してください（本報告では");
		say_num(b, v->steady);
		buf_c(b, "件）。まだリストに載っていないC2サーバーの手がかりになります。\n");
	}
	heading(b, "調査する");
	item(b);
	buf_c(b, "EDR：付録（CSVまたはSTIX 2.1）を取り込み、");
	if (facts_clock_unset(v)) {
		buf_c(b, "ログの残っている限りさかのぼって検索してください。\n");
	} else {
		buf_c(b, "最初の通信の1か月前にあたる");
		say_ja_date(b, since);
		buf_c(b, "までさかのぼって検索してください。\n");
	}
	item(b);
	if (v->hosts_by[CONF_HIGH]) {
		buf_c(b, "確度が「高」のホスト");
		say_num(b, v->hosts_by[CONF_HIGH]);
		buf_c(b, "台では、接続しているプロセスを特定してください。駆除の前にメモリとディスクを保全し、後から入り込んだものがないか調べます。この種のマルウェアは別のマルウェアを呼び込みます。\n");
	} else {
		buf_c(b, "確度が「高」のホストはありません。駆除や相手への指摘の前に、接続しているプロセスを確認してください。\n");
	}
	item(b);
	buf_c(b, "1つのアドレスを多くの機器が共有している場合（NAT、プロキシ）は、証拠の時刻をもとに、その機器のログから実際のホストを特定してください。\n");
}

static void notify(const struct view *v, struct buf *b)
{
	uint32_t idx[8];
	size_t n = facts_first_to_tell(v, idx, 8), operators = 0;
	uint64_t low = v->findings_by[CONF_LOW];

	heading(b, "連絡する");
	if (n) {
		enum confidence best = v->orgs[idx[0]].best;
		uint64_t all = v->orgs_by[best];

		item(b);
		if (v->known_orgs == 1)
			buf_c(b, "次の組織に連絡してください。");
		else
			buf_c(b,
			      best == CONF_HIGH ? "該当する組織に連絡してください。確度が「高」の組織を優先します。"
			      : best == CONF_MEDIUM
				      ? "該当する組織に連絡してください。確度が「中」の組織を優先します。"
				      : "該当する組織に連絡してください。証拠の多い組織を優先します。");
		for (size_t i = 0; i < n; i++) {
			buf_c(b, i ? "、" : "");
			say_text(b, v->orgs[idx[i]].text);
		}
		if (all > n) {
			buf_c(b, "、ほか");
			say_num(b, all - n);
			buf_c(b, "組織");
		}
		buf_c(b, "。連絡の際は、証拠となる記録と時刻（UTC）を添えてください。\n");
	}
	if (v->countries.n > 1) {
		size_t shown = v->countries.n < 6 ? v->countries.n : 6;

		item(b);
		buf_c(b, "国外の組織には、各国のナショナルCSIRTを通じて連絡してください（組織の多い国：");
		for (size_t i = 0; i < shown; i++) {
			buf_c(b, i ? "、" : "");
			say_text(b, v->countries.v[i].label);
			say_num(b, v->countries.v[i].orgs);
		}
		buf_c(b, "）。\n");
	}
	for (size_t i = 0; i < v->a->n_controllers && operators < 3; i++) {
		struct str name = v->a->controllers[i].as_name;
		bool before = false;

		for (size_t k = 0; k < i; k++)
			before = before || str_eq(name, v->a->controllers[k].as_name);
		if (!name.n || before)
			continue;
		if (!operators++) {
			item(b);
			buf_c(b, "C2サーバーについては、接続事業者の不正利用窓口（abuse）に通報してください：");
		} else {
			buf_c(b, "、");
		}
		say_text(b, name);
	}
	if (operators)
		buf_c(b, "\n");
	if (v->ownerless_hosts) {
		item(b);
		buf_c(b, "所有者の分からないホストが");
		say_num(b, v->ownerless_hosts);
		buf_c(b, "台あります。組織表を補って、もう一度分析してください。\n");
	}
	if (low) {
		item(b);
		buf_c(b, "確度が「低」の検出（");
		say_num(b, low);
		buf_c(b, "件）は、確認のきっかけであって、感染を指摘する根拠にはなりません。\n");
	}
}

void advice_ja_recommendations(const struct view *v, struct buf *b)
{
	if (!v->a->n_findings) {
		heading(b, "調査を続ける");
		item(b);
		buf_c(b, "インジケーターを最新にして、同じ記録をもう一度調べてください。C2サーバーは、通信があった後にリストに載ることが少なくありません。\n");
		item(b);
		buf_c(b, "フローの記録しかない場合は、DNS、TLS、HTTPの記録を加えてください。アドレスでは分からないものが、名前で見つかります。\n");
		if (v->a->n_excluded) {
			item(b);
			buf_c(b, "除外したもの、とくに有効期間から外れた通信を確認してください。\n");
		}
		return;
	}
	block(v, b);
	alert_and_hunt(v, b);
	notify(v, b);
}

void advice_ja_appendix(const struct view *v, struct buf *b)
{
	if (!v->a->n_controllers)
		return;
	buf_c(b, "通信先となったC2サーバーの一覧です。他のシステムに取り込めるファイルは、このページの中に含まれています。\n");
}
