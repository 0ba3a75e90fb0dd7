// SPDX-License-Identifier: MIT
/*
 * Where processor time goes while a program runs: the stack of what runs on the first processor, every
 * 1/2 ms of its clock. In a guest with -icount that is every 500,000 instructions. What runs
 * with interrupts off is seen where they come on again. The idle task is left out.
 * Prints tasks, then functions of the kernel: with what they call (in all), and without.
 *   profile MILLISECONDS COMMAND [ARGUMENT...]	how long after its start
 */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD_NS	500000
#define RING		(1UL << 26)
#define FRAMES_MAX	128
#define TASKS_MAX	4096
#define SHOWN		60

/** struct symbol - a function of the kernel, and in how many samples it is */
struct symbol {
	uint64_t address;
	char *name;
	unsigned int self, all, last;
};

/** struct sample - as the kernel writes it */
struct sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t frames;
	uint64_t frame[];
};

/** struct task - a process, and in how many samples it is, in user space and in the kernel */
struct task {
	uint32_t pid;
	unsigned int user, kernel;
};

static struct symbol *symbols;
static size_t symbols_n;
static struct task tasks[TASKS_MAX];
static size_t tasks_n;
static unsigned int samples;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static int by_all(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (int)(y->all - x->all) ?: (int)(y->self - x->self);
}

static int by_count(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return (int)(y->user + y->kernel - x->user - x->kernel);
}

/* Those of modules, too: so this comes when they are loaded. */
static void symbols_read(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	size_t room = 1 << 18;
	unsigned long long address;
	char name[256], type;

	symbols = calloc(room, sizeof(*symbols));
	if (!file || !symbols)
		fail("/proc/kallsyms");
	while (symbols_n < room && fscanf(file, "%llx %c %255s%*[^\n]", &address, &type, name) == 3)
		if (strchr("tTwW", type))
			symbols[symbols_n++] = (struct symbol){ .address = address, .name = strdup(name) };
	fclose(file);
	qsort(symbols, symbols_n, sizeof(*symbols), by_address);
}

static struct symbol *symbol_at(uint64_t address)
{
	size_t low = 0, high = symbols_n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		*(symbols[middle].address <= address ? &low : &high) = middle;
	}
	return &symbols[low];
}

static struct task *task_of(uint32_t pid)
{
	for (size_t i = 0; i < tasks_n; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	if (tasks_n == TASKS_MAX)
		fail("too many tasks");
	tasks[tasks_n].pid = pid;
	return &tasks[tasks_n++];
}

static void count(const struct sample *s)
{
	bool kernel = (s->header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
	struct task *task = task_of(s->pid);
	bool first = true;

	samples++;
	*(kernel ? &task->kernel : &task->user) += 1;
	for (uint64_t i = 0; kernel && i < s->frames; i++) {
		struct symbol *symbol;

		if (s->frame[i] >= PERF_CONTEXT_MAX)
			continue;
		symbol = symbol_at(s->frame[i]);
		symbol->self += first;
		symbol->all += symbol->last != samples;
		symbol->last = samples;
		first = false;
	}
}

/* The ring is large enough for all of it, and nobody writes into it any more. */
static void count_all(const struct perf_event_mmap_page *ring)
{
	const uint8_t *data = (const uint8_t *)ring + ring->data_offset;
	static uint64_t copy[8192];

	if (ring->data_head > ring->data_size)
		fprintf(stderr, "profile: the ring is too small\n");
	for (uint64_t at = 0; at < ring->data_head && at < ring->data_size;) {
		struct sample *s = (struct sample *)copy;

		memcpy(copy, data + at, sizeof(s->header));
		memcpy(copy, data + at, s->header.size);
		if (s->header.type == PERF_RECORD_SAMPLE)
			count(s);
		at += s->header.size;
	}
}

static void show_tasks(void)
{
	qsort(tasks, tasks_n, sizeof(*tasks), by_count);
	printf("%-16s %10s %10s\n", "process", "user", "kernel");
	for (size_t i = 0; i < tasks_n && i < 10; i++) {
		char path[64], name[64] = "(gone)";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%u/comm", tasks[i].pid);
		file = fopen(path, "re");
		if (file && fscanf(file, "%63s", name) != 1)
			strcpy(name, "?");
		if (file)
			fclose(file);
		printf("%-16s %9.1f%% %9.1f%%\n", name, 100.0 * tasks[i].user / samples,
		       100.0 * tasks[i].kernel / samples);
	}
}

static void show_symbols(void)
{
	qsort(symbols, symbols_n, sizeof(*symbols), by_all);
	printf("%-40s %10s %10s\n", "function of the kernel", "in all", "itself");
	for (size_t i = 0; i < symbols_n && i < SHOWN; i++)
		printf("%-40s %9.1f%% %9.1f%%\n", symbols[i].name, 100.0 * symbols[i].all / samples,
		       100.0 * symbols[i].self / samples);
}

static int sampler(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD_NS, .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN,
		.exclude_callchain_user = 1, .exclude_idle = 1, .disabled = 1,
		.sample_max_stack = FRAMES_MAX - 1,
	};

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int main(int argc, char **argv)
{
	int fd = sampler();
	void *ring = mmap(NULL, RING + sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	siginfo_t info;
	pid_t pid;

	if (argc < 3 || fd < 0 || ring == MAP_FAILED)
		fail("profile");
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		fail(argv[2]);
	}
	usleep(1000 * atoi(argv[1]));
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	symbols_read();
	count_all(ring);
	if (!samples)
		fail("no sample");
	printf("%u samples\n", samples);
	show_tasks();
	show_symbols();
	return 0;
}
