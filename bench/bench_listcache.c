/* bench_listcache: what the cache costs, in memory and in time, and how soon its answers are there after a restart.
 *     bench_listcache [RESTART_ENTRIES]
 * Times are of the wall clock and of the thread's own CPU, the least of several rounds: on a busy machine the second is the
 * one to read. Keys are random, so that each lookup goes to another place of the table. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/journal.h"
#include "common/listcache.h"
#include "common/lookup.h"
#include "config/config.h"

enum { ROUNDS = 7, LOOKUPS = 500000, PUTS = 500000, THREADS = 2, TTL_S = 3600, AT_ONCE = 4000 };

static const struct monotime start = { 1000000 };

static double clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Resident memory of this process. */
static size_t resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

struct bench {
	struct listcache *cache;
	struct hash128 *keys;
	size_t n;
	bool hits;
	pthread_barrier_t together;
};

struct worker {
	struct bench *bench;
	size_t from;
	double wall_ns, cpu_ns;
};

static void *look_up(void *arg)
{
	struct worker *worker = arg;
	struct bench *bench = worker->bench;
	size_t at = worker->from, found = 0;
	struct answer answer;
	double wall, cpu;

	pthread_barrier_wait(&bench->together);
	wall = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < LOOKUPS; i++) {
		struct hash128 key = bench->keys[at];

		at = at + 1 < bench->n ? at + 1 : 0;
		if (!bench->hits)
			key.b = ~key.b;
		found += listcache_get(bench->cache, &key, start, &answer);
	}
	worker->wall_ns = (clock_ns(CLOCK_MONOTONIC) - wall) / LOOKUPS;
	worker->cpu_ns = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / LOOKUPS;
	if (found != (bench->hits ? LOOKUPS : 0))
		printf("?  %zu found\n", found);
	return NULL;
}

static void measure_get(struct bench *bench, bool hits, unsigned threads)
{
	double wall_ns = 1e9, cpu_ns = 1e9;

	bench->hits = hits;
	pthread_barrier_init(&bench->together, NULL, threads);
	for (int round = 0; round < ROUNDS; round++) {
		struct worker worker[THREADS];
		pthread_t thread[THREADS];

		for (unsigned i = 0; i < threads; i++) {
			worker[i] = (struct worker){ .bench = bench, .from = bench->n / THREADS * i };
			pthread_create(&thread[i], NULL, look_up, &worker[i]);
		}
		for (unsigned i = 0; i < threads; i++) {
			pthread_join(thread[i], NULL);
			wall_ns = worker[i].wall_ns < wall_ns ? worker[i].wall_ns : wall_ns;
			cpu_ns = worker[i].cpu_ns < cpu_ns ? worker[i].cpu_ns : cpu_ns;
		}
	}
	pthread_barrier_destroy(&bench->together);
	printf("%9zu  %-22s %7u %12.0f %11.0f %17.1f\n", bench->n, hits ? "get, known" : "get, not known", threads, wall_ns,
	       cpu_ns, threads * 1e3 / wall_ns);
}

static void put(struct listcache *cache, const struct hash128 *key)
{
	struct answer answer = { .status = ANSWER_LISTED, .n = 1, .ttl_s = 1 + (uint32_t)(key->a % TTL_S), .addr = { 0x7f000002 } };

	listcache_put(cache, key, start, &answer);
}

static void fill(struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++)
		put(bench->cache, &bench->keys[i]);
}

/* New keys, each of which takes the place of what expires soonest. */
static void measure_put(const struct bench *bench, const char *what)
{
	struct hash128 *keys = malloc(PUTS * sizeof *keys);
	double wall, cpu;

	if (keys == NULL)
		return;
	arc4random_buf(keys, PUTS * sizeof *keys);
	wall = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < PUTS; i++)
		put(bench->cache, &keys[i]);
	printf("%9zu  %-22s %7d %12.0f %11.0f\n", bench->n, what, 1, (clock_ns(CLOCK_MONOTONIC) - wall) / PUTS,
	       (clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / PUTS);
	free(keys);
}

static void measure_table(size_t n)
{
	struct bench bench = { .n = n, .keys = malloc(n * sizeof *bench.keys) };
	size_t before;

	if (bench.keys == NULL)
		return;
	arc4random_buf(bench.keys, n * sizeof *bench.keys);
	before = resident_bytes();
	bench.cache = listcache_new(n, TTL_S, start);
	if (bench.cache == NULL)
		return;
	fill(&bench);
	printf("%9zu  %-22s %41.1f bytes\n", n, "memory an entry", (double)(resident_bytes() - before) / (double)n);
	for (unsigned threads = 1; threads <= THREADS; threads++)
		measure_get(&bench, true, threads);
	for (unsigned threads = 1; threads <= THREADS; threads++)
		measure_get(&bench, false, threads);
	measure_put(&bench, "put, full");
	listcache_free(&bench.cache);
	bench.cache = listcache_new(n > PUTS ? n : 2 * PUTS, TTL_S, start);
	if (bench.cache != NULL)
		measure_put(&bench, "put, room for all");
	listcache_free(&bench.cache);
	free(bench.keys);
}

/* --- the restart -------------------------------------------------------------------------------------------------- */

static void write_store(const char *dir, uint32_t n)
{
	struct errmsg err;
	struct journal *journal = journal_open(dir, &err);
	const int64_t expires_s = time(NULL) + TTL_S;
	const uint32_t listed = 0x7f000002;
	uint8_t zone[] = "\002bl\007example";
	struct dnsname name;

	if (journal == NULL) {
		printf("?  %s\n", err.text);
		return;
	}
	journal_bound(journal, 2 * (size_t)n);
	for (uint32_t i = 0; i < n; i++) {
		struct ipaddr addr = ipaddr_v4(0x01000000 + i);

		dnswire_name_reverse(&name, &addr, zone, sizeof zone);
		journal_put(journal, &(struct journal_answer){ .name = name.wire, .name_len = name.len, .type = DNSWIRE_TYPE_A,
							       .server = "", .addr = &listed, .n_addrs = 1,
							       .expires_s = expires_s });
		if (i % AT_ONCE == 0)
			journal_flush(journal, 10000);
	}
	journal_close(&journal);
}

static void measure_restart(const char *dir, uint32_t n)
{
	char json[256];
	struct faults faults;
	struct ruleset *rules;
	struct lookup *lookup;
	struct journal *journal;
	struct lookup_stats stats;
	struct journal_stats progress = { .loading = true };
	struct errmsg err;
	double from, opened;

	snprintf(json, sizeof json, "{\"dns\": {\"servers\": [\"127.0.0.1:1\"]}, \"cache\": {\"max_entries\": %u}}", n);
	faults_init(&faults);
	rules = config_parse(json, strlen(json), "bench.json", &faults);
	faults_clear(&faults);
	if (rules == NULL)
		return;
	from = clock_ns(CLOCK_MONOTONIC);
	lookup = lookup_new(rules, &err);
	journal = journal_open(dir, &err);
	if (lookup == NULL || journal == NULL)
		return;
	lookup_remember(lookup, journal, rules);
	opened = clock_ns(CLOCK_MONOTONIC);
	while (progress.loading) {
		const struct timespec pause = { .tv_nsec = 5000000 };

		nanosleep(&pause, NULL);
		journal_stats(journal, &progress);
	}
	lookup_stats(lookup, &stats);
	printf("%9u  %-22s %20.3f s\n", n, "serves after", (opened - from) / 1e9);
	printf("%9zu  %-22s %20.3f s\n", stats.cache_entries, "answers known after", (clock_ns(CLOCK_MONOTONIC) - from) / 1e9);
	printf("%9u  %-22s %20.1f MB\n", n, "memory of the process", (double)resident_bytes() / 1e6);
	lookup_free(&lookup);
	journal_close(&journal);
	ruleset_unref(&rules);
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	char dir[] = "/tmp/bench-listcache.XXXXXX", command[64];

	printf("  entries  what                   threads  ns of a clock   ns of CPU  million a second\n");
	measure_table(10000);
	measure_table(100000);
	measure_table(1000000);
	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	malloc_trim(0);
	write_store(dir, n);
	measure_restart(dir, n);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
