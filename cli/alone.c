/* alone: a request answered in this process.
 * The service is the daemon's, with as much of it as a question needs: rules and lookups. */
#include "cli/alone.h"

#include <time.h>

#include "common/log.h"
#include "config/config.h"
#include "milter/request.h"

struct ruleset *alone_rules(const struct cli *cli)
{
	struct faults faults;
	struct ruleset *rules;

	faults_init(&faults);
	rules = config_load(cli->config, &faults);
	faults_print(&faults, stderr);
	faults_clear(&faults);
	return rules;
}

/* Mail flows on: what the daemon would log about it, nobody wants to read here. */
static void log_errors_only(void)
{
	const struct log_settings settings = { .target = LOG_TARGET_STDERR, .level = LOG_LEVEL_ERROR };

	log_configure(&settings, true);
}

static bool pass_item(void *ctx, json_t *item)
{
	struct ctl_request *request = ctx;
	bool more = item != NULL && (request->item == NULL || request->item(request->ctx, item));

	json_decref(item);
	return more;
}

static void answer(struct service *service, struct ctl_request *request, struct ctl_end *end)
{
	struct request asked = { .service = service, .args = request->args, .payload = request->payload,
				 .payload_bytes = request->payload_bytes, .sink = { pass_item, request } };
	struct request_end given;

	request_answer(&asked, &given);
	end->status = (int)given.status;
	end->result = given.result;
	end->error = given.error;
}

void alone_answer(struct cli *cli, struct ctl_request *request, struct ctl_end *end)
{
	struct service service = { .started = monotime_now(), .started_s = time(NULL) };
	struct ruleset *rules = alone_rules(cli);

	*end = (struct ctl_end){ .status = CLI_FAULTY };
	log_errors_only();
	if (rules != NULL) {
		inforce_init(&service.inforce, rules);
		service.lookup = lookup_new(rules, &end->error);
		if (service.lookup != NULL)
			answer(&service, request, end);
		lookup_free(&service.lookup);
		inforce_clear(&service.inforce);
	} else {
		errmsg_set(&end->error, "%s has faults", cli->config);
	}
	json_decref(request->args);
	request->args = NULL;
}

void alone_ask(struct cli *cli, bool alone, struct ctl_request *request, struct ctl_end *end)
{
	if (!alone) {
		json_t *args = json_incref(request->args);

		ctlclient_ask(cli, request, end);
		if (end->reached || cli->socket != NULL || end->status == CLI_FAULTY) {
			json_decref(args);
			return;
		}
		request->args = args;
		cli_fail(CLI_OK, "%s: asked without it, so that entries made by hand, the screen and the health of lists are not "
			 "known", end->error.text);
	}
	alone_answer(cli, request, end);
}
