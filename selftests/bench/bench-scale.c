// SPDX-License-Identifier: MIT
/*
 * Many connections at once: what the module's memory for each of them is, and whether key
 * installation and lookup by connection id cost the same however many there are; and what a connection
 * costs in all, from connect() to close(), with what the module does about it later. First
 * all connections without the module, then the same with it, and it is compared by how much the
 * kernel's memory grows with the last four fifths of them. Each is a TCP connection over loopback whose one end has keys in both directions.
 * Prints a table and, in one line, JSON.
 *   bench-scale [CONNECTIONS]
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include <jansson.h>

#include "count.h"
#include "../guest.h"
#include "../ktls.h"
#include "../netlink.h"

#define SUITE		0x1301
#define SAMPLES		101
#define ADDRESSES	8	/* so many of the listener: else the ports are used up */

static unsigned int connections = 50000;
static int (*sockets)[2];
static uint64_t installing[SAMPLES];	/* the last ones */
static struct nl nl;

/** struct total - of each connection of a round */
struct total {
	double memory;			/* bytes */
	double opening, closing;	/* instructions */
};

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

/*
 * What the kernel has allocated, in bytes: objects, and what is larger than a page, per-CPU memory
 * included. Free pages that the allocator keeps for itself are not in it.
 */
static uint64_t memory_used(void)
{
	static const char *const names[] = { "Slab: %llu", "VmallocUsed: %llu", "Percpu: %llu" };
	unsigned long long part, sum = 0;
	char line[128];
	FILE *file;

	write_to("/proc/sys/vm/drop_caches", "3\n");
	file = fopen("/proc/meminfo", "r");
	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			sum += sscanf(line, names[i], &part) == 1 ? part : 0;
	if (!sum)
		tap_bail("/proc/meminfo");
	fclose(file);
	return sum * 1024;
}

static int listen_everywhere(struct sockaddr_storage *addr, socklen_t *len)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*len = sizeof(any);
	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(listener, 128) || getsockname(listener, (struct sockaddr *)addr, len))
		tap_bail("listener: %s", strerror(errno));
	return listener;
}

static void install(unsigned int i)
{
	struct ktls_key tx = ktls_key(SUITE, 2 * i), rx = ktls_key(SUITE, 2 * i + 1);
	uint64_t start;
	int ret;

	ret = ktls_attach(sockets[i][0]);
	start = count_now();
	ret = ret ?: ktls_install(sockets[i][0], TLS_TX, &tx);
	installing[i % SAMPLES] = count_now() - start;
	if (ret || ktls_install(sockets[i][0], TLS_RX, &rx))
		tap_bail("keys of connection %u: %s", i, strerror(errno));
}

static void open_some(int listener, struct sockaddr_storage *addr, socklen_t len, unsigned int from,
		      unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		((struct sockaddr_in *)addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % ADDRESSES);
		if (ktls_connect(listener, addr, len, sockets[i]))
			tap_bail("connection %u: %s", i, strerror(errno));
		install(i);
	}
}

/* Return: what it takes, but for what happens when nobody waits for it. */
static uint64_t close_all(void)
{
	uint64_t start = count_now();

	for (unsigned int i = 0; i < connections; i++) {
		ktls_reset(sockets[i][0]);
		ktls_reset(sockets[i][1]);
	}
	start = count_now() - start;
	for (int i = 0; i < 6000 && guest_tls_users() > 1; i++)
		usleep(10000);
	return start;
}

/* One request by netlink, of a connection that is there. */
static uint64_t look_up(unsigned int i)
{
	struct tlsbind_info info;
	socklen_t len = sizeof(info);
	uint64_t start;
	int error;

	if (getsockopt(sockets[i][0], SOL_TLS, TLSBIND_INFO, &info, &len))
		tap_bail("info: %s", strerror(errno));
	start = count_now();
	nl_begin(&nl, TLSBIND_CMD_SOCK_GET);
	nl_put(&nl, TLSBIND_A_CONNECTION_ID, info.connection_id, sizeof(info.connection_id));
	error = nl_call(&nl);
	if (error)
		tap_bail("connection %u: %s", i, nl.text);
	return count_now() - start;
}

static void row(json_t *rows, unsigned int count)
{
	uint64_t found[SAMPLES], key = count_median(installing, SAMPLES), median;

	for (unsigned int i = 0; i < SAMPLES; i++)
		found[i] = look_up((uint64_t)i * 2654435761U % count);
	median = count_median(found, SAMPLES);
	printf("%12u %12llu %12llu\n", count, (unsigned long long)key, (unsigned long long)median);
	json_array_append_new(rows, json_pack("{s:i, s:I, s:I}", "connections", (int)count, "install",
					      (json_int_t)key, "lookup", (json_int_t)median));
}

/*
 * As many as there are to be; most after the last stop, and these are in what opening takes, and
 * in what memory.
 * @rows: of the table, or NULL.
 */
static struct total fill(json_t *rows)
{
	static const unsigned int stops[] = { SAMPLES, 1000, 10000 };
	struct sockaddr_storage addr;
	struct total total;
	unsigned int open = 0;
	socklen_t len;
	int listener = listen_everywhere(&addr, &len);
	uint64_t start, used;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]) && stops[i] < connections; i++) {
		open_some(listener, &addr, len, open, stops[i]);
		open = stops[i];
		if (rows)
			row(rows, open);
	}
	used = memory_used();
	start = count_now();
	open_some(listener, &addr, len, open, connections);
	total.opening = (double)(count_now() - start) / (connections - open);
	total.memory = (double)(memory_used() - used) / (connections - open);
	if (rows)
		row(rows, connections);
	close(listener);
	total.closing = (double)close_all() / connections;
	return total;
}

static json_t *result_of(const struct total *without, const struct total *with, json_t *rows)
{
	double each = with->memory - without->memory;

	printf("Memory of the module: %.0f bytes for each connection, beside %.0f of kTLS and TCP\n", each,
	       without->memory);
	printf("A connection in all: opened and keyed %.0f, without the module %.0f; closed %.0f, without %.0f\n",
	       with->opening, without->opening, with->closing, without->closing);
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "bytes_each", each, "bytes_each_without",
			 without->memory, "opening", with->opening, "opening_without", without->opening,
			 "closing", with->closing, "closing_without", without->closing, "counts", rows);
}

static json_t *measure(void)
{
	struct rlimit files = { 2 * connections + 100, 2 * connections + 100 };
	json_t *rows = json_array();
	struct total without, with;

	write_to("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535");
	write_to("/proc/sys/fs/file-max", "10000000");
	if (setrlimit(RLIMIT_NOFILE, &files))
		tap_bail("files: %s", strerror(errno));
	guest_need("load_ciphers; modprobe tls");
	/* What the first round leaves in the allocators the others have, too. */
	fill(NULL);
	without = fill(NULL);
	guest_need("load_module && allow_all");
	if (nl_open(&nl))
		tap_bail("netlink: no family");
	printf("%12s %12s %12s\n", "connections", "TLS_TX", "lookup");
	with = fill(rows);
	return result_of(&without, &with, rows);
}

int main(int argc, char **argv)
{
	const char *unit = count_exact() ? "instructions" : "ticks";
	json_t *result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		connections = atoi(argv[1]);
	sockets = calloc(connections, sizeof(*sockets));
	printf("Connections at once, %s, medians of %d:\n", unit, SAMPLES);
	result = measure();
	json_object_set_new(result, "unit", json_string(unit));
	json_dumpf(result, stdout, JSON_COMPACT);
	printf("\n");
	return 0;
}
