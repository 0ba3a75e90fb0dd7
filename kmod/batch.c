// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread takes all challenges that wait, builds the tree and asks for one
 * report; a work item answers them while the thread goes on with the next. So
 * nothing waits longer than for the report in progress and its own, and the
 * hardware waits for nobody but the thread.
 *
 * The thread has a real-time priority, because whoever is answered wakes up: on few
 * processors a thousand tasks, which may ask again at once, would go before the one that is
 * to ask for the next report. What it does with that priority is bounded by
 * TLSBIND_TREE_SIZE_MAX, and then it sleeps for as long as the hardware takes.
 * Answering has the ordinary priority of a work item, and lets those that it has
 * woken go first.
 *
 * There are two batches: while one is being answered the other one is signed. A batch
 * belongs to its work item from when that is queued until it has run, and otherwise to
 * the thread, which waits for that before it fills the batch again.
 */
#include "batch.h"

#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "binding.h"
#include "evidence.h"
#include "report.h"
#include "request.h"
#include "statement.h"

#define TLSBIND_BATCHES	2

/**
 * struct tlsbind_batch - what one report answers
 * @answer: tells the challengers
 * @report: for all of them, with a reference, or an ERR_PTR()
 * @size: number of leaves
 * @requests: one for each leaf, with a reference
 * @nodes: the tree
 */
struct tlsbind_batch {
	struct work_struct answer;
	struct tlsbind_report *report;
	u32 size;
	struct tlsbind_request *requests[TLSBIND_TREE_SIZE_MAX];
	struct tlsbind_hash nodes[TLSBIND_BINDING_NODES(TLSBIND_TREE_SIZE_MAX)];
};

static struct tlsbind_batch *tlsbind_batches;
static unsigned int tlsbind_batch_turn; /* the thread's */

static struct workqueue_struct *tlsbind_batch_wq;
static struct kthread_worker tlsbind_batch_worker;
static struct task_struct *tlsbind_batch_thread;

/* Fill the leaves; requests that cannot be attested are answered and left out. */
static void tlsbind_batch_plant(struct tlsbind_batch *batch)
{
	struct tlsbind_request *request;
	u32 i, size = 0;
	int ret;

	for (i = 0; i < batch->size; i++) {
		request = batch->requests[i];
		ret = tlsbind_statement_renew(request);
		if (ret) {
			tlsbind_evidence_answer(request, ret, NULL);
			continue;
		}
		request->index = size;
		batch->nodes[size] = request->leaf;
		batch->requests[size++] = request;
	}
	batch->size = size;
}

static struct tlsbind_report *tlsbind_batch_sign(struct tlsbind_batch *batch)
{
	u8 report_data[TLSBIND_REPORT_DATA_SIZE];
	const struct tlsbind_hash *root;
	int ret;

	ret = tlsbind_binding_tree(batch->nodes, batch->size, &root);
	if (!ret)
		ret = tlsbind_binding_report_data(root, batch->size,
						  tlsbind_report_boot_nonce(),
						  report_data);
	return ret ? ERR_PTR(-EIO) : tlsbind_report_make(report_data);
}

static void tlsbind_batch_answer_work(struct work_struct *work)
{
	struct tlsbind_batch *batch = container_of(work, struct tlsbind_batch,
						   answer);
	struct tlsbind_report *report = batch->report;
	struct tlsbind_request *request;
	u32 i;

	for (i = 0; i < batch->size; i++) {
		request = batch->requests[i];
		request->tree_size = batch->size;
		request->path_len = tlsbind_binding_path(batch->nodes,
							 batch->size, i,
							 request->path);
		tlsbind_evidence_answer(request, PTR_ERR_OR_ZERO(report),
					report);
		/* Who is awake goes first. */
		cond_resched();
	}
	if (!IS_ERR(report))
		tlsbind_report_put(report);
}

static void tlsbind_batch_commit_work(struct kthread_work *work)
{
	struct tlsbind_batch *batch;

	for (;;) {
		batch = &tlsbind_batches[tlsbind_batch_turn];
		flush_work(&batch->answer);
		batch->size = tlsbind_evidence_take(batch->requests,
						    TLSBIND_TREE_SIZE_MAX);
		if (!batch->size)
			return;
		tlsbind_batch_plant(batch);
		if (!batch->size)
			continue;
		batch->report = tlsbind_batch_sign(batch);
		queue_work(tlsbind_batch_wq, &batch->answer);
		tlsbind_batch_turn = (tlsbind_batch_turn + 1) %
				      TLSBIND_BATCHES;
	}
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
	sched_set_fifo_low(thread);
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
