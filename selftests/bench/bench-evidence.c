// SPDX-License-Identifier: MIT
/*
 * What group commit is good for. The mock TEE takes 39 ms for a report, one at a time, as TDX
 * does. Many challengers, each a thread with a connection of its own, ask again as soon as
 * they have their evidence, or after a pause of random length; before that, as many each have a
 * report made of their own, through configfs-tsm, as programs do without tlsbind. All in the
 * same guest, one after the other.
 * Prints a table and, in one line, JSON.
 *   bench-evidence [CHALLENGERS [SECONDS [LOAD]]]		LOAD: only this one, a member of the JSON
 */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <jansson.h>

#include "count.h"
#include "../evidence.h"
#include "../guest.h"

#define SUITE		0x1301
#define DELAY_MS	"36"	/* and some 3 that its signer takes: 39 in all */
#define PAUSE_MS	500	/* in the mean */
#define LONE		51	/* by one challenger, one after the other */
#define STACK		(256 << 10)
#define SAMPLES_MAX	(1 << 20)
#define NS		1000000000ULL

struct challenger {
	unsigned int number;
	int fd, peer;
	unsigned int answers;
	bool wrong;
};

/* What a load gave. */
struct load {
	uint64_t answers;
	uint64_t reports;
	uint64_t ns;
};

static unsigned int challengers = 1024;
static unsigned int seconds = 10;
static uint64_t *samples;
static size_t sampled;
static uint64_t until;
static pthread_barrier_t together;
static pthread_mutex_t samples_lock = PTHREAD_MUTEX_INITIALIZER;

static void sample(uint64_t ns)
{
	pthread_mutex_lock(&samples_lock);
	if (sampled < SAMPLES_MAX)
		samples[sampled++] = ns;
	pthread_mutex_unlock(&samples_lock);
}

/* Sorted: the value below which @percent of all are. */
static uint64_t percentile(unsigned int percent)
{
	if (!sampled)
		tap_bail("nobody was answered");
	qsort(samples, sampled, sizeof(*samples), count_compare);
	return samples[(sampled - 1) * percent / 100];
}

static void file_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd))
		tap_bail("%s: %s", path, strerror(errno));
}

/* A report over 64 bytes, in an entry of its own in configfs-tsm. */
static void own_report(unsigned int number)
{
	static __thread uint8_t blob[1 << 16];
	uint8_t data[TLSBIND_REPORT_DATA_SIZE] = { 1 };
	char dir[64], path[80];
	int fd;

	memcpy(data + 1, &number, sizeof(number));
	snprintf(dir, sizeof(dir), "/sys/kernel/config/tsm/report/bench%u", number);
	if (mkdir(dir, 0700))
		tap_bail("%s: %s", dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/inblob", dir);
	file_write(path, data, sizeof(data));
	snprintf(path, sizeof(path), "%s/outblob", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, blob, sizeof(blob)) < EVIDENCE_SNP_REPORT_DATA + TLSBIND_REPORT_DATA_SIZE ||
	    memcmp(blob + EVIDENCE_SNP_REPORT_DATA, data, sizeof(data)))
		tap_bail("%s: no report over these bytes", path);
	close(fd);
	rmdir(dir);
}

/* Whether the evidence is right is looked at where it is not measured: @check. */
static void challenge(struct challenger *c, bool check)
{
	static __thread uint8_t buf[1 << 14];
	unsigned int seed = c->number * 65536 + c->answers;
	struct evidence e;
	ssize_t len;

	if (evidence_ask(c->fd, seed))
		tap_bail("challenge: %s", strerror(errno));
	len = evidence_read(c->fd, buf, sizeof(buf));
	if (len < 0)
		tap_bail("evidence: %s", strerror(errno));
	c->answers++;
	if (check && !(evidence_parse(&e, buf, len) && evidence_bound_to(&e, seed)))
		c->wrong = true;
}

static void *challenger_own(void *arg)
{
	struct challenger *c = arg;
	uint64_t start;

	pthread_barrier_wait(&together);
	start = guest_boot_ns();
	own_report(c->number);
	sample(guest_boot_ns() - start);
	c->answers++;
	return NULL;
}

static void *challenger_group(void *arg)
{
	struct challenger *c = arg;
	uint64_t start;

	pthread_barrier_wait(&together);
	while ((start = guest_boot_ns()) < until) {
		challenge(c, false);
		sample(guest_boot_ns() - start);
	}
	return NULL;
}

/* So long, or until the end if that comes first. */
static void pause_for(double ns)
{
	uint64_t now = guest_boot_ns(), left = until > now ? until - now : 0;

	usleep((ns < left ? ns : left) / 1000);
}

/* Who comes at random does not come in step with the reports. */
static void *challenger_pausing(void *arg)
{
	struct challenger *c = arg;
	unsigned short state[3] = { 0x330e, c->number, c->number >> 16 };
	uint64_t start;

	pthread_barrier_wait(&together);
	for (;;) {
		pause_for(-log(1 - erand48(state)) * PAUSE_MS * 1e6);
		start = guest_boot_ns();
		if (start + NS / 1000 >= until)
			return NULL;
		challenge(c, false);
		sample(guest_boot_ns() - start);
	}
}

static void run(struct challenger *all, void *(*challenger)(void *), struct load *load)
{
	pthread_t *threads = calloc(challengers, sizeof(*threads));
	pthread_attr_t attr;
	uint64_t start;

	sampled = 0;
	load->reports = mock_reports();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_barrier_init(&together, NULL, challengers + 1);
	for (unsigned int i = 0; i < challengers; i++) {
		all[i].answers = 0;
		if (pthread_create(&threads[i], &attr, challenger, &all[i]))
			tap_bail("thread %u", i);
	}
	start = guest_boot_ns();
	until = start + seconds * NS;
	pthread_barrier_wait(&together);
	load->answers = 0;
	for (unsigned int i = 0; i < challengers; i++) {
		pthread_join(threads[i], NULL);
		load->answers += all[i].answers;
	}
	load->ns = guest_boot_ns() - start;
	load->reports = mock_reports() - load->reports;
	free(threads);
}

static struct challenger *connect_all(void)
{
	struct rlimit files = { 2 * challengers + 100, 2 * challengers + 100 };
	struct challenger *all = calloc(challengers, sizeof(*all));
	struct sockaddr_storage addr;
	socklen_t len;
	int listener, fd[2];

	setrlimit(RLIMIT_NOFILE, &files);
	listener = ktls_listen(AF_INET, &addr, &len);
	for (unsigned int i = 0; i < challengers; i++) {
		struct ktls_key tx = ktls_key(SUITE, 2 * i), rx = ktls_key(SUITE, 2 * i + 1);

		if (ktls_connect(listener, &addr, len, fd) || ktls_install_both(fd[0], &tx, &rx))
			tap_bail("connection %u: %s", i, strerror(errno));
		all[i] = (struct challenger){ .number = i, .fd = fd[0], .peer = fd[1] };
	}
	close(listener);
	return all;
}

static unsigned int wrong_answers(struct challenger *all)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < challengers; i += 101) {
		challenge(&all[i], true);
		wrong += all[i].wrong;
	}
	return wrong;
}

/* One after the other: reports of configfs-tsm if there is no @c, else evidence. */
static void lone(struct challenger *c, struct load *load)
{
	uint64_t start = guest_boot_ns(), begun;

	sampled = 0;
	load->reports = mock_reports();
	for (int i = 0; i < LONE; i++) {
		begun = guest_boot_ns();
		if (c)
			challenge(c, false);
		else
			own_report(0);
		sample(guest_boot_ns() - begun);
	}
	load->answers = LONE;
	load->ns = guest_boot_ns() - start;
	load->reports = mock_reports() - load->reports;
}

static void load_report(struct challenger *all, struct load *load)
{
	(void)all;
	lone(NULL, load);
}

static void load_lone(struct challenger *all, struct load *load)
{
	lone(&all[0], load);
}

static void load_own(struct challenger *all, struct load *load)
{
	run(all, challenger_own, load);
}

static void load_group(struct challenger *all, struct load *load)
{
	run(all, challenger_group, load);
}

static void load_pausing(struct challenger *all, struct load *load)
{
	run(all, challenger_pausing, load);
}

static const struct {
	const char *key, *what;
	void (*run)(struct challenger *all, struct load *load);
} loads[] = {
	{ "report", "1 program, reports of its own", load_report },
	{ "lone", "1 challenger, evidence", load_lone },
	{ "own", "many programs, one report for each", load_own },
	{ "group", "as many challengers, evidence", load_group },
	{ "pausing", "as many, each 1/2 s after the last", load_pausing },
};

/* A line of the table. Return: a member of the JSON. */
static json_t *row(const char *what, const struct load *load)
{
	double rate = (double)load->answers * NS / load->ns;
	uint64_t half = percentile(50), most = percentile(99);

	printf("%-34s %9.1f %8llu %10.1f %10.1f\n", what, rate, (unsigned long long)load->reports,
	       half / 1e6, most / 1e6);
	return json_pack("{s:f, s:I, s:I, s:f, s:f}", "per_second", rate, "answers",
			 (json_int_t)load->answers, "reports", (json_int_t)load->reports, "median_ms",
			 half / 1e6, "p99_ms", most / 1e6);
}

static json_t *measure(const char *only)
{
	json_t *result = json_object();
	struct challenger *all;
	struct load load;

	guest_need("ulimit -n 8192; load_mock sev_guest && load_module && allow_all");
	mock_set("delay_ms", DELAY_MS);
	all = connect_all();
	printf("%-34s %9s %8s %10s %10s\n", "", "in 1 s", "reports", "median ms", "p99 ms");
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (only && strcmp(only, loads[i].key))
			continue;
		loads[i].run(all, &load);
		json_object_set_new(result, loads[i].key, row(loads[i].what, &load));
	}
	json_object_set_new(result, "wrong", json_integer(wrong_answers(all)));
	return result;
}

int main(int argc, char **argv)
{
	const char *clock = count_exact() ? "virtual" : "real";
	json_t *result, *head;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		challengers = atoi(argv[1]);
	if (argc > 2)
		seconds = atoi(argv[2]);
	samples = calloc(SAMPLES_MAX, sizeof(*samples));
	printf("Evidence of a TEE that takes 39 ms for a report, %u challengers, %s clock:\n", challengers, clock);
	result = measure(argc > 3 ? argv[3] : NULL);
	head = json_pack("{s:s, s:i, s:i}", "clock", clock, "delay_ms", atoi(DELAY_MS), "challengers",
			 (int)challengers);
	json_object_update(head, result);
	json_dumpf(head, stdout, JSON_COMPACT);
	printf("\n");
	return json_integer_value(json_object_get(head, "wrong")) ? 1 : 0;
}
