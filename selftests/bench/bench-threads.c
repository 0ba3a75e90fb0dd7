// SPDX-License-Identifier: MIT
/*
 * Whether two processors install keys twice as fast as one: the same installations by one
 * thread, and by two, without the module and with it, in turns; and, to see what it looks like if
 * there is one lock for all, writes to one pipe. Times are of a machine that emulates, and maybe of a
 * busy one, so only ratios are printed. And how often a processor waits for a lock meanwhile (the
 * tracepoint contention_begin).
 * The second processor is away while code is patched, when modules come and go: QEMU
 * before 8.1 may execute what was there before.
 * Prints a table and, in one line, JSON.
 *   bench-threads [CONNECTIONS]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <jansson.h>

#include "count.h"
#include "../guest.h"
#include "../ktls.h"
#include "many-rules.h"

#define SUITE		0x1301
#define THREADS		2
#define ROUNDS		5	/* of all settings, one thread and two, in turns */
#define WRITES		20	/* to a pipe, in place of two keys */
#define ADDRESSES	8	/* so many of the listener: else the ports are used up */
#define PORT		20000
#define TRACE		"/sys/kernel/tracing/"
#define SECOND		"/sys/devices/system/cpu/cpu1/online"

/** struct worker - a thread: does every @step-th of what there is to be done */
struct worker {
	unsigned int first, step;
	void (*one)(unsigned int i);
};

enum setting { WITHOUT, WITH, PIPE, SETTINGS };

static const char *const setting_names[SETTINGS] = { "without", "with", "pipe" };

/** struct result - of all rounds of a setting */
struct result {
	uint64_t ns[THREADS][ROUNDS];
	uint64_t waits[THREADS];
};

static struct result results[SETTINGS];
static int full_pipe[2];
static unsigned int connections = 2000;
static int (*sockets)[2];
static pthread_barrier_t together;

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || (*text && write(fd, text, strlen(text)) < 0))
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

static void install_one(unsigned int i)
{
	struct ktls_key tx = ktls_key(SUITE, 2 * i), rx = ktls_key(SUITE, 2 * i + 1);

	if (ktls_install(sockets[i][0], TLS_TX, &tx) || ktls_install(sockets[i][0], TLS_RX, &rx))
		tap_bail("keys of connection %u: %s", i, strerror(errno));
}

/* There is no room: the pipe's lock is taken, and nothing is written. */
static void write_one(unsigned int i)
{
	for (int j = 0; j < WRITES; j++)
		if (write(full_pipe[1], &i, sizeof(i)) >= 0 || errno != EAGAIN)
			tap_bail("pipe: %s", strerror(errno));
}

static void *work(void *arg)
{
	const struct worker *w = arg;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(w->first, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		tap_bail("processor %u: %s", w->first, strerror(errno));
	pthread_barrier_wait(&together);
	for (unsigned int i = w->first; i < connections; i += w->step)
		w->one(i);
	pthread_barrier_wait(&together);
	return NULL;
}

static void connect_all(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_storage addr;
	socklen_t len = sizeof(any);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (listener < 0 || bind(listener, (struct sockaddr *)&any, len) || listen(listener, 128) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		tap_bail("listener: %s", strerror(errno));
	for (unsigned int i = 0; i < connections; i++) {
		((struct sockaddr_in *)&addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % ADDRESSES);
		if (ktls_connect(listener, &addr, len, sockets[i]) || ktls_attach(sockets[i][0]))
			tap_bail("connection %u: %s", i, strerror(errno));
	}
	close(listener);
}

static void close_all(void)
{
	for (unsigned int i = 0; i < connections; i++) {
		ktls_reset(sockets[i][0]);
		ktls_reset(sockets[i][1]);
	}
}

/* How often somebody has waited for a lock since the buffer was emptied. */
static uint64_t waited(void)
{
	unsigned long long n, sum = 0;
	char path[64], line[64];
	FILE *file;

	for (int cpu = 0; cpu < THREADS; cpu++) {
		snprintf(path, sizeof(path), TRACE "per_cpu/cpu%d/stats", cpu);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			sum += sscanf(line, "entries: %llu", &n) == 1 ? n : 0;
		if (!file)
			tap_bail("%s", path);
		fclose(file);
	}
	return sum;
}

/* Return: nanoseconds in which @threads do all. @waits: in how many cases one waited. */
static uint64_t do_all(unsigned int threads, void (*one)(unsigned int i), uint64_t *waits)
{
	struct worker workers[THREADS];
	pthread_t ids[THREADS];
	uint64_t ns;

	pthread_barrier_init(&together, NULL, threads + 1);
	for (unsigned int i = 0; i < threads; i++) {
		workers[i] = (struct worker){ i, threads, one };
		if (pthread_create(&ids[i], NULL, work, &workers[i]))
			tap_bail("thread");
	}
	write_to(TRACE "trace", "");
	pthread_barrier_wait(&together);
	ns = guest_boot_ns();
	pthread_barrier_wait(&together);
	ns = guest_boot_ns() - ns;
	*waits += waited();
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return ns;
}

static uint64_t install_all(unsigned int threads, uint64_t *waits)
{
	uint64_t ns;

	connect_all();
	ns = do_all(threads, install_one, waits);
	close_all();
	return ns;
}

static void measure(enum setting setting, int round)
{
	struct result *result = &results[setting];

	write_to(SECOND, "1");
	for (unsigned int i = 0; i < THREADS; i++)
		result->ns[i][round] = setting == PIPE ? do_all(i + 1, write_one, &result->waits[i]) :
							 install_all(i + 1, &result->waits[i]);
	write_to(SECOND, "0");
}

/* How many times as fast as one thread two are: the median of all rounds. */
static double speedup(const struct result *result)
{
	uint64_t permille[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		permille[i] = 1000 * result->ns[0][i] / result->ns[1][i];
	return count_median(permille, ROUNDS) / 1000.0;
}

/* A line of the table, and of the JSON: waits for a lock while two did 1,000 of it. */
static json_t *row(const char *what, const struct result *result)
{
	double times = speedup(result), waits = 1000.0 * result->waits[1] / connections / ROUNDS;

	printf("%-24s %12.2f %12.1f\n", what, times, waits);
	return json_pack("{s:f, s:f}", "speedup", times, "waits", waits);
}

static json_t *table(void)
{
	static const char *const what[SETTINGS] = {
		"keys, without the module", "keys, 1,000 rules", "writes to one pipe",
	};
	json_t *rows = json_object();

	printf("%-24s %12s %12s\n", "", "2 against 1", "waits");
	for (int i = 0; i < SETTINGS; i++)
		json_object_set_new(rows, setting_names[i], row(what[i], &results[i]));
	return rows;
}

static void prepare(void)
{
	struct rlimit files = { 2 * connections + 100, 2 * connections + 100 };
	char byte = 0;

	write_to("/proc/sys/net/ipv4/ip_local_port_range", "20001 65535");
	if (setrlimit(RLIMIT_NOFILE, &files) || pipe2(full_pipe, O_CLOEXEC | O_NONBLOCK))
		tap_bail("files: %s", strerror(errno));
	while (write(full_pipe[1], &byte, 1) == 1)
		;
	write_to(SECOND, "0");
	guest_need("load_ciphers; modprobe tls");
	write_to(TRACE "events/lock/contention_begin/enable", "1");
	install_all(1, &results[WITHOUT].waits[0]);
	results[WITHOUT].waits[0] = 0;
}

static void round_of_all(int round)
{
	struct nl nl;

	measure(PIPE, round);
	measure(WITHOUT, round);
	guest_need("load_module");
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	many_rules(&nl, PORT);
	nl_close(&nl);
	measure(WITH, round);
	guest_need("unload_module");
}

int main(int argc, char **argv)
{
	json_t *result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		connections = atoi(argv[1]);
	sockets = calloc(connections, sizeof(*sockets));
	printf("Keys of %u connections by one thread and by two: ratio of rates, and waits for a lock in 1,000:\n",
	       connections);
	prepare();
	for (int i = 0; i < ROUNDS; i++)
		round_of_all(i);
	result = table();
	json_dumpf(result, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(result);
	return 0;
}
