// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exchange with the signer: a slot for one request and its answer, and the
 * character device through which the signer gets and fills it.
 *
 * The slot goes idle -> pending (somebody waits) -> taken (the signer has read
 * it) -> done (the signer has answered) -> idle. The waiter alone returns it to
 * idle. An open device holds a module reference, so everything here outlives
 * every file operation.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "mock_tee.h"

#define MOCK_TEE_ANSWER_TIMEOUT	(5 * HZ)

enum mock_tee_slot_state {
	MOCK_TEE_SLOT_IDLE,
	MOCK_TEE_SLOT_PENDING,
	MOCK_TEE_SLOT_TAKEN,
	MOCK_TEE_SLOT_DONE,
};

/* All under the lock; state and served are also peeked at without it. */
static DEFINE_SPINLOCK(mock_tee_slot_lock);
static struct {
	enum mock_tee_slot_state state;
	bool served;
	struct mock_tee_request request;
	struct mock_tee_blobs answer;
} mock_tee_slot;

static bool mock_tee_slot_is(enum mock_tee_slot_state state)
{
	return READ_ONCE(mock_tee_slot.state) == state;
}

static void mock_tee_slot_go(enum mock_tee_slot_state state)
{
	lockdep_assert_held(&mock_tee_slot_lock);
	WRITE_ONCE(mock_tee_slot.state, state);
}

static int mock_tee_slot_post(const u8 *inblob, u32 privlevel)
{
	int ret = -EBUSY;

	spin_lock(&mock_tee_slot_lock);
	if (mock_tee_slot.state == MOCK_TEE_SLOT_IDLE) {
		mock_tee_slot.request.id++;
		mock_tee_slot.request.privlevel = privlevel;
		memcpy(mock_tee_slot.request.inblob, inblob, MOCK_TEE_INBLOB_LEN);
		mock_tee_slot_go(MOCK_TEE_SLOT_PENDING);
		ret = 0;
	}
	spin_unlock(&mock_tee_slot_lock);
	if (!ret)
		wake_up_all(&mock_tee_wq);
	return ret;
}

/**
 * mock_tee_exchange() - have the signer make a report
 * @inblob: MOCK_TEE_INBLOB_LEN bytes
 * @privlevel: privilege level to put into it
 * @blobs: filled on success; the caller then owns the buffers
 *
 * Context: process, sleeps for at most five seconds.
 *
 * Return: 0, -EBUSY if a request is under way, -ERESTARTSYS on a signal,
 * -ENXIO if the provider is to disappear, -ETIMEDOUT if no answer came.
 */
int mock_tee_exchange(const u8 *inblob, u32 privlevel, struct mock_tee_blobs *blobs)
{
	long left;
	int ret;

	ret = mock_tee_slot_post(inblob, privlevel);
	if (ret)
		return ret;

	left = wait_event_interruptible_timeout(mock_tee_wq,
						mock_tee_slot_is(MOCK_TEE_SLOT_DONE) ||
						mock_tee_provider_leaving(),
						MOCK_TEE_ANSWER_TIMEOUT);

	spin_lock(&mock_tee_slot_lock);
	if (mock_tee_slot.state == MOCK_TEE_SLOT_DONE)
		*blobs = mock_tee_slot.answer;
	else if (left < 0)
		ret = left;
	else
		ret = left ? -ENXIO : -ETIMEDOUT;
	memset(&mock_tee_slot.answer, 0, sizeof(mock_tee_slot.answer));
	mock_tee_slot_go(MOCK_TEE_SLOT_IDLE);
	spin_unlock(&mock_tee_slot_lock);
	return ret;
}

/**
 * mock_tee_exchange_served() - does a signer have the device open?
 *
 * Return: true if so.
 */
bool mock_tee_exchange_served(void)
{
	return READ_ONCE(mock_tee_slot.served);
}

/* One signer at a time. */
static int mock_tee_dev_open(struct inode *inode, struct file *file)
{
	int ret = -EBUSY;

	spin_lock(&mock_tee_slot_lock);
	if (!mock_tee_slot.served) {
		WRITE_ONCE(mock_tee_slot.served, true);
		ret = 0;
	}
	spin_unlock(&mock_tee_slot_lock);
	return ret ?: stream_open(inode, file);
}

/* A request that a dying signer had taken waits for the next signer. */
static int mock_tee_dev_release(struct inode *inode, struct file *file)
{
	spin_lock(&mock_tee_slot_lock);
	if (mock_tee_slot.state == MOCK_TEE_SLOT_TAKEN)
		mock_tee_slot_go(MOCK_TEE_SLOT_PENDING);
	WRITE_ONCE(mock_tee_slot.served, false);
	spin_unlock(&mock_tee_slot_lock);
	return 0;
}

static bool mock_tee_slot_take(struct mock_tee_request *request)
{
	bool taken = false;

	spin_lock(&mock_tee_slot_lock);
	if (mock_tee_slot.state == MOCK_TEE_SLOT_PENDING) {
		*request = mock_tee_slot.request;
		mock_tee_slot_go(MOCK_TEE_SLOT_TAKEN);
		taken = true;
	}
	spin_unlock(&mock_tee_slot_lock);
	return taken;
}

/* The signer's memory was bad: the request is still to be had. */
static void mock_tee_slot_untake(u64 id)
{
	spin_lock(&mock_tee_slot_lock);
	if (mock_tee_slot.state == MOCK_TEE_SLOT_TAKEN && mock_tee_slot.request.id == id)
		mock_tee_slot_go(MOCK_TEE_SLOT_PENDING);
	spin_unlock(&mock_tee_slot_lock);
}

static ssize_t mock_tee_dev_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct mock_tee_request request;
	int ret;

	if (count < sizeof(request))
		return -EINVAL;

	while (!mock_tee_slot_take(&request)) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(mock_tee_wq,
					       mock_tee_slot_is(MOCK_TEE_SLOT_PENDING));
		if (ret)
			return ret;
	}

	if (copy_to_user(buf, &request, sizeof(request))) {
		mock_tee_slot_untake(request.id);
		return -EFAULT;
	}
	return sizeof(request);
}

static int mock_tee_answer_copy(struct mock_tee_blobs *blobs, const struct mock_tee_answer *head,
				const char __user *buf)
{
	u8 *out, *aux = NULL;

	out = vmemdup_user(buf, head->out_len);
	if (IS_ERR(out))
		return PTR_ERR(out);
	if (head->aux_len) {
		aux = vmemdup_user(buf + head->out_len, head->aux_len);
		if (IS_ERR(aux)) {
			kvfree(out);
			return PTR_ERR(aux);
		}
	}

	blobs->out = out;
	blobs->out_len = head->out_len;
	blobs->aux = aux;
	blobs->aux_len = head->aux_len;
	return 0;
}

/* On success the slot owns the buffers. */
static int mock_tee_slot_fill(u64 id, const struct mock_tee_blobs *blobs)
{
	int ret = -ESTALE;

	spin_lock(&mock_tee_slot_lock);
	if (mock_tee_slot.state == MOCK_TEE_SLOT_TAKEN && mock_tee_slot.request.id == id) {
		mock_tee_slot.answer = *blobs;
		mock_tee_slot_go(MOCK_TEE_SLOT_DONE);
		ret = 0;
	}
	spin_unlock(&mock_tee_slot_lock);
	return ret;
}

static ssize_t mock_tee_dev_write(struct file *file, const char __user *buf, size_t count,
				  loff_t *pos)
{
	struct mock_tee_blobs blobs = {};
	struct mock_tee_answer head;
	int ret;

	if (count < sizeof(head))
		return -EINVAL;
	if (copy_from_user(&head, buf, sizeof(head)))
		return -EFAULT;
	if (!head.out_len || head.out_len > MOCK_TEE_BLOB_MAX || head.aux_len > MOCK_TEE_BLOB_MAX ||
	    count != sizeof(head) + head.out_len + head.aux_len)
		return -EINVAL;

	ret = mock_tee_answer_copy(&blobs, &head, buf + sizeof(head));
	if (ret)
		return ret;

	/* ESTALE tells the signer that nobody waits for this any more. */
	ret = mock_tee_slot_fill(head.id, &blobs);
	if (ret) {
		kvfree(blobs.out);
		kvfree(blobs.aux);
		return ret;
	}
	wake_up_all(&mock_tee_wq);
	return count;
}

static const struct file_operations mock_tee_dev_fops = {
	.owner = THIS_MODULE,
	.open = mock_tee_dev_open,
	.release = mock_tee_dev_release,
	.read = mock_tee_dev_read,
	.write = mock_tee_dev_write,
};

static struct miscdevice mock_tee_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = MOCK_TEE_DEVICE,
	.mode = 0600,
	.fops = &mock_tee_dev_fops,
};

/**
 * mock_tee_exchange_init() - make the device appear
 *
 * Return: 0 or what misc_register() says.
 */
int mock_tee_exchange_init(void)
{
	return misc_register(&mock_tee_dev);
}

/**
 * mock_tee_exchange_exit() - take the device away
 *
 * Nobody has it open, since that would hold the module, and the provider is
 * unregistered, so that no report waits: the slot is idle and owns nothing.
 */
void mock_tee_exchange_exit(void)
{
	misc_deregister(&mock_tee_dev);
}
