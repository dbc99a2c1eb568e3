/* trust: hits -> verdict, with regard to how far each list can be trusted.
 * Most messages are decided at once: without hits, without a refusal or the like, or on the word of lists that were
 * tested lately. */
#include "common/trust.h"

static void decide(const struct ruleset *rules, struct hits *hits, const struct listset *flags, const struct listset *shown,
		   struct verdict *out)
{
	hit_weigh(hits, rules, flags, shown);
	verdict_decide(rules, hits, out);
}

static bool withholds(const struct verdict *verdict)
{
	return (verdict->actions & ACTIONS_WITHHOLD) != 0;
}

void trust_decide(const struct ruleset *rules, struct hits *hits, struct health *health, struct monotime now,
		  trust_prove_fn *prove, void *ctx, struct verdict *out)
{
	struct health_trust trust;
	struct listset flags;

	health_trust(health, rules, hits, now, &trust);
	flags = trust.doubted;
	listset_join(&flags, &trust.suspected);
	listset_join(&flags, &trust.unproven);
	decide(rules, hits, &flags, &trust.void_, out);
	if (withholds(out) || listset_is_empty(&trust.unproven))
		return;
	listset_leave(&flags, &trust.unproven);
	decide(rules, hits, &flags, &trust.void_, out);
	if (!withholds(out))
		return;

	prove(ctx, &trust.unproven);
	health_trust(health, rules, hits, now, &trust);
	flags = trust.doubted;
	listset_join(&flags, &trust.suspected);
	decide(rules, hits, &flags, &trust.void_, out);
}
