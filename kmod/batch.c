// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread, the worker, takes all challenges that wait, builds the tree and asks for one
 * report; a work item answers them while the worker goes on with the next. So nothing
 * waits longer than for the report in progress and its own.
 *
 * Whoever is answered wakes up: on few processors a thousand tasks, which may ask again at
 * once, would go before the one that is to ask for the next report. So the work item
 * of a report is queued when the next one is about to be asked for, and gives the worker time
 * to do that; if nobody waits for one, it answers at once. And the worker has the least nice
 * value. It has no real-time priority: configfs, drivers and reclaim count on it that
 * cond_resched() lets others run.
 *
 * There are two batches: while one is being answered the other one is signed. A batch
 * belongs to its work item from when that is queued until it has run, and otherwise to
 * the worker, which waits for that before it fills the batch again: who lets a report wait
 * for a processor lets the one after the next wait, too.
 */
#include "batch.h"

#include <linux/container_of.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/workqueue.h>

#include "binding.h"
#include "evidence.h"
#include "report.h"
#include "request.h"
#include "statement.h"

#define TLSBIND_BATCHES		2

/* The worker asks for a report in less: in 0.1 ms where everything is emulated. */
#define TLSBIND_BATCH_ASK_US	200

/**
 * struct tlsbind_batch - what one report answers
 * @answer: tells the challengers
 * @next: the next report is being asked for meanwhile
 * @report: for all that are not refused, with a reference, or an ERR_PTR(), or NULL if all
 *	are
 * @taken: number of challenges
 * @size: number of leaves: of those that are not refused
 * @requests: the challenges, with a reference on each
 * @nodes: the tree
 */
struct tlsbind_batch {
	struct work_struct answer;
	bool next;
	struct tlsbind_report *report;
	u32 taken;
	u32 size;
	struct tlsbind_request *requests[TLSBIND_TREE_SIZE_MAX];
	struct tlsbind_hash nodes[TLSBIND_BINDING_NODES(TLSBIND_TREE_SIZE_MAX)];
};

static struct tlsbind_batch *tlsbind_batches;
static unsigned int tlsbind_batch_turn; /* the worker's */

static struct workqueue_struct *tlsbind_batch_wq;
static struct kthread_worker tlsbind_batch_worker;
static struct task_struct *tlsbind_batch_thread;

/* Fill the leaves; requests that cannot be attested are left out. */
static void tlsbind_batch_plant(struct tlsbind_batch *batch)
{
	struct tlsbind_request *request;
	u32 i;

	batch->size = 0;
	for (i = 0; i < batch->taken; i++) {
		request = batch->requests[i];
		request->refusal = tlsbind_statement_renew(request);
		if (!request->refusal) {
			request->index = batch->size;
			batch->nodes[batch->size++] = request->leaf;
		}
		cond_resched();
	}
}

static int tlsbind_batch_grow(struct tlsbind_batch *batch,
			      u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	const struct tlsbind_hash *root;
	int ret;

	ret = tlsbind_binding_tree(batch->nodes, batch->size, &root);
	if (!ret)
		ret = tlsbind_binding_report_data(root, batch->size,
						  tlsbind_report_boot_nonce(),
						  report_data);
	return ret ? -EIO : 0;
}

static void tlsbind_batch_answer_one(const struct tlsbind_batch *batch,
				     struct tlsbind_request *request)
{
	int error = request->refusal ?: PTR_ERR_OR_ZERO(batch->report);

	if (!error) {
		request->tree_size = batch->size;
		request->path_len = tlsbind_binding_path(batch->nodes,
							 batch->size,
							 request->index,
							 request->path);
	}
	tlsbind_evidence_answer(request, error, error ? NULL : batch->report);
}

static void tlsbind_batch_answer_work(struct work_struct *work)
{
	struct tlsbind_batch *batch = container_of(work, struct tlsbind_batch,
						   answer);
	u32 i;

	if (batch->next)
		usleep_range(TLSBIND_BATCH_ASK_US, 2 * TLSBIND_BATCH_ASK_US);
	for (i = 0; i < batch->taken; i++) {
		tlsbind_batch_answer_one(batch, batch->requests[i]);
		cond_resched();
	}
	if (!IS_ERR(batch->report))
		tlsbind_report_put(batch->report);
}

/* Have a batch answered, if there is one; @next: another is about to be signed. */
static void tlsbind_batch_finish(struct tlsbind_batch *batch, bool next)
{
	if (!batch)
		return;
	batch->next = next;
	queue_work(tlsbind_batch_wq, &batch->answer);
}

/* Have a batch signed, @before answered meanwhile. */
static void tlsbind_batch_sign(struct tlsbind_batch *batch,
			       struct tlsbind_batch *before)
{
	u8 report_data[TLSBIND_REPORT_DATA_SIZE];
	int ret = 0;

	tlsbind_batch_plant(batch);
	if (batch->size)
		ret = tlsbind_batch_grow(batch, report_data);
	tlsbind_batch_finish(before, batch->size);
	batch->report = NULL;
	if (ret)
		batch->report = ERR_PTR(ret);
	else if (batch->size)
		batch->report = tlsbind_report_make(report_data);
}

static void tlsbind_batch_commit_work(struct kthread_work *work)
{
	struct tlsbind_batch *batch, *before = NULL;

	for (;;) {
		batch = &tlsbind_batches[tlsbind_batch_turn];
		flush_work(&batch->answer);
		batch->taken = tlsbind_evidence_take(batch->requests,
						     TLSBIND_TREE_SIZE_MAX);
		if (!batch->taken)
			break;
		tlsbind_batch_sign(batch, before);
		before = batch;
		tlsbind_batch_turn = (tlsbind_batch_turn + 1) %
				     TLSBIND_BATCHES;
	}
	tlsbind_batch_finish(before, false);
}

static DEFINE_KTHREAD_WORK(tlsbind_batch_commit,
			   tlsbind_batch_commit_work);

/**
 * tlsbind_batch_kick() - somebody waits
 *
 * Context: any.
 */
void tlsbind_batch_kick(void)
{
	kthread_queue_work(&tlsbind_batch_worker, &tlsbind_batch_commit);
}

static int tlsbind_batch_start(void)
{
	struct task_struct *thread;

	kthread_init_worker(&tlsbind_batch_worker);
	thread = kthread_run(kthread_worker_fn, &tlsbind_batch_worker,
			     "tlsbind");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	sched_set_normal(thread, MIN_NICE);
	tlsbind_batch_thread = thread;
	return 0;
}

/**
 * tlsbind_batch_init() - be ready for challenges
 *
 * Context: process, may sleep.
 * Return: 0; -ENOMEM; -EINTR after a signal.
 */
int tlsbind_batch_init(void)
{
	int i, ret = -ENOMEM;

	tlsbind_batches = kvcalloc(TLSBIND_BATCHES, sizeof(*tlsbind_batches),
				   GFP_KERNEL);
	if (!tlsbind_batches)
		return -ENOMEM;
	for (i = 0; i < TLSBIND_BATCHES; i++)
		INIT_WORK(&tlsbind_batches[i].answer,
			  tlsbind_batch_answer_work);
	tlsbind_batch_wq = alloc_workqueue("tlsbind", WQ_UNBOUND, 0);
	if (!tlsbind_batch_wq)
		goto err_batches;
	ret = tlsbind_batch_start();
	if (ret)
		goto err_wq;
	return 0;

err_wq:
	destroy_workqueue(tlsbind_batch_wq);
err_batches:
	kvfree(tlsbind_batches);
	return ret;
}

/**
 * tlsbind_batch_flush() - wait until all who waited have their answers
 *
 * Context: process, sleeps as long as the hardware takes.
 */
void tlsbind_batch_flush(void)
{
	kthread_flush_worker(&tlsbind_batch_worker);
	flush_workqueue(tlsbind_batch_wq);
}

/**
 * tlsbind_batch_exit() - undo tlsbind_batch_init()
 *
 * Waits for a report in progress: a provider cannot be interrupted.
 *
 * Context: process, may sleep; nobody kicks any more.
 */
void tlsbind_batch_exit(void)
{
	tlsbind_batch_flush();
	kthread_stop(tlsbind_batch_thread);
	destroy_workqueue(tlsbind_batch_wq);
	kvfree(tlsbind_batches);
}
