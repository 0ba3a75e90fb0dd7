// SPDX-License-Identifier: MIT
/* Group commit: many challenges, few reports, every path right. */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "evidence.h"
#include "guest.h"
#include "tree.h"

#define SUITE	0x1301
#define MANY	200
#define DELAY	(300 * guest_slow())	/* ms that a report takes; within a few of them all have asked */
#define BUFFER	16384

struct one {
	int fd, peer;
	struct evidence evidence;
	uint8_t buf[BUFFER];
};

/*
 * @n sockets with a key each. Closed peers would count as orphans, of which a small kernel
 * allows few.
 */
static struct one *open_many(size_t n)
{
	struct rlimit files = { 4 * n + 100, 4 * n + 100 };
	struct one *ones = calloc(n, sizeof(*ones));
	struct sockaddr_storage addr;
	socklen_t len;
	int listener, fd[2];

	setrlimit(RLIMIT_NOFILE, &files);
	listener = ktls_listen(AF_INET, &addr, &len);
	if (listener < 0)
		tap_bail("no listener: %s", strerror(errno));
	for (size_t i = 0; i < n; i++) {
		struct ktls_key k = ktls_key(SUITE, i);

		if (ktls_connect(listener, &addr, len, fd) || ktls_attach(fd[0]) ||
		    ktls_install(fd[0], TLS_TX, &k))
			tap_bail("socket %zu: %s", i, strerror(errno));
		ones[i].fd = fd[0];
		ones[i].peer = fd[1];
	}
	close(listener);
	return ones;
}

static void close_many(struct one *ones, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		close(ones[i].peer);
		close(ones[i].fd);
	}
	free(ones);
}

static size_t ask_many(struct one *ones, size_t n)
{
	size_t asked = 0;

	for (size_t i = 0; i < n; i++) {
		if (!evidence_ask(ones[i].fd, i))
			asked++;
		else
			tap_diag("challenge %zu: %s", i, strerror(errno));
	}
	return asked;
}

static size_t read_many(struct one *ones, size_t n)
{
	size_t right = 0;

	for (size_t i = 0; i < n; i++) {
		ssize_t len = evidence_read(ones[i].fd, ones[i].buf, BUFFER);

		right += len > 0 && evidence_parse(&ones[i].evidence, ones[i].buf, len) &&
			 evidence_bound_to(&ones[i].evidence, i);
	}
	return right;
}

static bool same_report(const struct evidence *a, const struct evidence *b)
{
	return a->report_len == b->report_len && !memcmp(a->report, b->report, a->report_len);
}

/* All leaves of each report are there, once, and every path is the tree's. */
static size_t whole_trees(const struct one *ones, size_t n)
{
	static tree_hash leaves[TLSBIND_TREE_SIZE_MAX], path[TLSBIND_PATH_MAX];
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		const struct evidence *e = &ones[i].evidence;
		uint32_t found = 0, nodes;
		bool seen[TLSBIND_TREE_SIZE_MAX] = { false };

		for (size_t j = 0; j < n; j++) {
			const struct evidence *other = &ones[j].evidence;

			if (!same_report(e, other) || other->leaf_index >= TLSBIND_TREE_SIZE_MAX)
				continue;
			found += !seen[other->leaf_index];
			seen[other->leaf_index] = true;
			evidence_leaf(&other->claims, leaves[other->leaf_index]);
		}
		if (found != e->tree_size)
			continue;
		nodes = tree_path(leaves, found, e->leaf_index, path);
		good += nodes == e->path_nodes && !memcmp(path, e->path, nodes * sizeof(tree_hash));
	}
	return good;
}

#define GROUP_TESTS 6

static void test_group(void)
{
	struct one *ones = open_many(MANY);
	char delay[16];
	long before;
	long long start;

	snprintf(delay, sizeof(delay), "%d", DELAY);
	mock_set("delay_ms", delay);
	before = mock_reports();
	start = guest_ms();
	tap_equal(ask_many(ones, MANY), MANY, "%d connections are challenged at once", MANY);
	tap_equal(read_many(ones, MANY), MANY, "every one gets evidence bound to its nonce");
	tap_ok(mock_reports() - before <= 3, "with %ld reports, not more than 3", mock_reports() - before);
	tap_ok(guest_ms() - start < DELAY * MANY / 4, "in %lld ms, not %d times %d",
	       guest_ms() - start, MANY, DELAY);
	tap_equal(whole_trees(ones, MANY), MANY, "every path is that of the whole tree");
	mock_set("delay_ms", "0");
	size_t again = 0;

	for (int i = 0; i < 20; i++)
		again += !evidence_ask(ones[i].fd, 1000 + i) && evidence_fetch(ones[i].fd, 1000 + i);
	tap_equal(again, 20, "one after the other they are answered as well");
	close_many(ones, MANY);
}

#define LIMIT_TESTS 5
#define LIMIT_MANY (2 * TLSBIND_TREE_SIZE_MAX + 10)

static void test_limit(void)
{
	struct one *ones = open_many(LIMIT_MANY);
	size_t largest = 0, asked, right;
	long before;

	mock_set("hang", "1");
	before = mock_reports();
	asked = ask_many(ones, LIMIT_MANY);
	tap_equal(asked, LIMIT_MANY, "%d connections are challenged while the provider hangs", LIMIT_MANY);
	mock_set("hang", "0");
	right = read_many(ones, LIMIT_MANY);
	tap_equal(right, LIMIT_MANY, "every one gets evidence bound to its nonce");
	for (size_t i = 0; i < LIMIT_MANY; i++)
		if (ones[i].evidence.tree_size > largest)
			largest = ones[i].evidence.tree_size;
	tap_equal(largest, TLSBIND_TREE_SIZE_MAX, "a tree grows to its limit, not beyond");
	tap_ok(mock_reports() - before >= 3 && mock_reports() - before <= 5, "%ld reports were made",
	       mock_reports() - before);
	close_many(ones, LIMIT_MANY);
	ones = open_many(1);
	tap_ok(!evidence_ask(ones[0].fd, 0) && read_many(ones, 1) == 1 &&
	       ones[0].evidence.tree_size == 1 && !ones[0].evidence.path_nodes,
	       "a single challenge is a tree of one");
	close_many(ones, 1);
}

int main(void)
{
	tap_plan(GROUP_TESTS + LIMIT_TESTS);
	guest_setup();
	test_group();
	test_limit();
	return tap_done();
}
