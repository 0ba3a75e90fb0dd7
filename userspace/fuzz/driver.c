/* SPDX-License-Identifier: MIT */
/*
 * Runs a harness without libFuzzer: a fixed number of inputs, the same ones each time.
 *
 *   HARNESS RUNS DIRECTORY
 *
 * First every file of the directory as it is, then files with some mutations. It
 * sees no coverage, so it replaces no fuzzer: it is what a test can afford. An input
 * that ends the process is written to ./crash-HARNESS before.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"

#define SEEDS_MAX	256
#define SIZE_MAX_INPUT	(64 * 1024)

struct input {
	uint8_t *data;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static const char *harness;
static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64*: the same everywhere. */
static uint64_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t below(size_t n)
{
	return n ? (size_t)(draw() >> 16) % n : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int regular(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load(const char *folder)
{
	struct dirent **list;
	int i, count = scandir(folder, &list, regular, by_name);

	for (i = 0; i < count; i++) {
		struct input *seed = &seeds[seed_count];
		char path[4096];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		free(list[i]);
		file = fopen(path, "rb");
		if (!file || seed_count == SEEDS_MAX) {
			fprintf(stderr, "%s: cannot be read, or too many\n", path);
			exit(2);
		}
		seed->data = malloc(SIZE_MAX_INPUT);
		seed->size = fread(seed->data, 1, SIZE_MAX_INPUT, file);
		fclose(file);
		seed_count++;
	}
	if (count <= 0) {
		fprintf(stderr, "%s: no files\n", folder);
		exit(2);
	}
	free((void *)list);
}

static void overwrite(struct input *in)
{
	static const uint64_t numbers[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
		UINT64_C(0xfffffffffffffff0),
	};
	uint64_t number = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
	size_t width = (size_t)1 << below(4), at = below(in->size), i;
	int big = below(2) != 0;

	for (i = 0; i < width && at + i < in->size; i++)
		in->data[at + i] = (uint8_t)(number >> 8 * (big ? width - 1 - i : i));
}

/* Some length or count, one more or one less. */
static void nudge(struct input *in)
{
	if (in->size)
		in->data[below(in->size)] += below(2) ? 1 : 0xff;
}

static void cut(struct input *in)
{
	size_t at = below(in->size), len = below(in->size - at + 1);

	memmove(in->data + at, in->data + at + len, in->size - at - len);
	in->size -= len;
}

static void repeat(struct input *in)
{
	size_t at = below(in->size), len = below(in->size - at + 1);

	if (len > SIZE_MAX_INPUT - in->size)
		return;
	memmove(in->data + at + len, in->data + at, in->size - at);
	in->size += len;
}

static void mix(struct input *in)
{
	const struct input *other = &seeds[below(seed_count)];
	size_t at = below(in->size), from = below(other->size), len = below(other->size - from + 1);

	if (len > SIZE_MAX_INPUT - at)
		len = SIZE_MAX_INPUT - at;
	memcpy(in->data + at, other->data + from, len);
	if (at + len > in->size)
		in->size = at + len;
}

static void mutate(struct input *in)
{
	size_t changes = 1 + below(4);

	while (changes--) {
		switch (below(8)) {
		case 0:
		case 1:
			if (in->size)
				in->data[below(in->size)] ^= (uint8_t)(1 << below(8));
			break;
		case 2:
			if (in->size)
				in->data[below(in->size)] = (uint8_t)draw();
			break;
		case 3:
			overwrite(in);
			break;
		case 4:
			nudge(in);
			break;
		case 5:
			cut(in);
			break;
		case 6:
			repeat(in);
			break;
		case 7:
			mix(in);
			break;
		default:
			break;
		}
	}
}

/* The sanitizers' last words come after this. Only what a signal handler may call. */
static struct input current;
static char crash_path[256];

static void remember(void)
{
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || write(fd, current.data, current.size) != (ssize_t)current.size)
		_exit(3);
	close(fd);
}

static void on_abort(int signal)
{
	remember();
	_exit(128 + signal);
}

void __asan_on_error(void);
void __asan_on_error(void)
{
	remember();
}

static void run(const struct input *in)
{
	/* Of exactly this size, so that a sanitizer sees every byte too many. */
	current.data = malloc(in->size ? in->size : 1);
	current.size = in->size;
	memcpy(current.data, in->data, in->size);
	LLVMFuzzerTestOneInput(current.data, current.size);
	free(current.data);
}

int main(int argc, char **argv)
{
	struct input in = { malloc(SIZE_MAX_INPUT), 0 };
	size_t runs, i;

	if (argc != 3) {
		fprintf(stderr, "usage: %s RUNS DIRECTORY\n", argv[0]);
		return 2;
	}
	harness = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	snprintf(crash_path, sizeof(crash_path), "crash-%s", harness);
	signal(SIGABRT, on_abort);
	runs = strtoul(argv[1], NULL, 10);
	load(argv[2]);
	for (i = 0; i < seed_count; i++)
		run(&seeds[i]);
	run(&in);
	for (i = 0; i < runs; i++) {
		const struct input *seed = &seeds[below(seed_count)];

		memcpy(in.data, seed->data, seed->size);
		in.size = seed->size;
		mutate(&in);
		run(&in);
	}
	for (i = 0; i < seed_count; i++)
		free(seeds[i].data);
	free(in.data);
	printf("%s: %zu files, %zu mutations\n", harness, seed_count, runs);
	return 0;
}
