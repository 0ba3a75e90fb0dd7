// SPDX-License-Identifier: GPL-2.0-only
/*
 * tlsbind_door_test: functions of the same names and prototypes as those that
 * lead to the hardware, for guests without any. Writing "DOOR DATA" to the
 * parameter "call" calls one; the write has the call's result.
 *
 *	DOOR	configfs, tdx, snp or svsm: the functions below, which do nothing;
 *		real-tdx, real-svsm: the kernel's own
 *	DATA	tag (begins with our tag), short (the tag and no more), other
 *		(begins with one wrong bit), bad (a pointer to nowhere)
 *
 * "reached" counts calls that got through. "early=1" calls the tdx function
 * with the tag in this module's init and keeps the result in "early_result".
 * "redirect=1" redirects it, as a live patch would, or this module is not loaded.
 */
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#define DOOR_TEST_SIZE	64

/* Like struct svsm_attest_call of <asm/sev.h>; that also declares the functions. */
struct door_test_loc {
	u64 pa;
	u32 len;
	u8 rsvd[4];
};

struct door_test_svsm {
	struct door_test_loc report, nonce, manifest, certificates;
	u8 service_guid[16];
	u32 service_manifest_ver;
	u8 rsvd[4];
};

/* As long as struct snp_guest_req, which begins like this. */
struct door_test_snp {
	void *req_buf;
	size_t req_sz;
	u8 rest[240];
};

static unsigned int door_test_reached;
module_param_named(reached, door_test_reached, uint, 0444);

static bool door_test_early;
module_param_named(early, door_test_early, bool, 0444);

static int door_test_early_result;
module_param_named(early_result, door_test_early_result, int, 0444);

#define door_test_function static noinline __attribute__((noipa, used))

door_test_function ssize_t tsm_report_inblob_write(void *cfg, const void *buf, size_t count)
{
	door_test_reached++;
	return count;
}

door_test_function int tdx_mcall_get_report0(u8 *reportdata, u8 *tdreport)
{
	door_test_reached++;
	return 0;
}

door_test_function int snp_issue_svsm_attest_req(u64 call_id, void *call,
						 struct door_test_svsm *input)
{
	door_test_reached++;
	return 0;
}

#ifdef DOOR_TEST_SNP_SEND
door_test_function int snp_send_guest_request(void *mdesc, struct door_test_snp *req)
{
	door_test_reached++;
	return 0;
}
#else
door_test_function int handle_guest_request(void *snp_dev, u64 exit_code, void *rio, u8 type,
					    void *req_buf, size_t req_sz, void *resp_buf,
					    u32 resp_sz)
{
	door_test_reached++;
	return 0;
}
#endif

static int door_test_snp(void *data, size_t len)
{
#ifdef DOOR_TEST_SNP_SEND
	struct door_test_snp req = { .req_buf = data, .req_sz = len };

	return snp_send_guest_request(NULL, &req);
#else
	return handle_guest_request(NULL, 0, NULL, 5, data, len, NULL, 0);
#endif
}

static int door_test_svsm(void *data, size_t len)
{
	struct door_test_svsm input = { .nonce.pa = __pa(data), .nonce.len = len };

	return snp_issue_svsm_attest_req(0, NULL, &input);
}

/* Never with data that is not refused: without the TEE the instruction is invalid. */
static int door_test_real_tdx(void *data)
{
	int (*real)(u8 *, u8 *) = __symbol_get("tdx_mcall_get_report0");
	int ret;

	if (!real)
		return -ENOENT;
	ret = real(data, NULL);
	__symbol_put("tdx_mcall_get_report0");
	return ret;
}

/* Without an SVSM it fails with EINVAL before it looks at anything. */
static int door_test_real_svsm(void *data, size_t len)
{
	struct door_test_svsm input = { .nonce.pa = __pa(data), .nonce.len = len };
	int (*real)(u64, void *, void *) = __symbol_get("snp_issue_svsm_attest_req");
	int ret;

	if (!real)
		return -ENOENT;
	ret = real(0, NULL, &input);
	__symbol_put("snp_issue_svsm_attest_req");
	return ret;
}

static int door_test_fill(u8 *data, const char *what, size_t *len)
{
	memset(data, 0x5a, DOOR_TEST_SIZE);
	memcpy(data, "TLSBIND", 8);
	*len = DOOR_TEST_SIZE;
	if (!strcmp(what, "short"))
		*len = 8;
	else if (!strcmp(what, "other"))
		data[7] ^= 1;
	else if (strcmp(what, "tag") && strcmp(what, "bad"))
		return -ENOTTY;
	return 0;
}

static int door_test_call(const char *door, void *data, size_t len)
{
	int ret;

	if (!strcmp(door, "configfs")) {
		ret = tsm_report_inblob_write(NULL, data, len);
		return ret < 0 ? ret : 0;
	}
	if (!strcmp(door, "tdx"))
		return tdx_mcall_get_report0(data, NULL);
	if (!strcmp(door, "snp"))
		return door_test_snp(data, len);
	if (!strcmp(door, "svsm"))
		return door_test_svsm(data, len);
	if (!strcmp(door, "real-tdx"))
		return door_test_real_tdx(data);
	if (!strcmp(door, "real-svsm"))
		return door_test_real_svsm(data, len);
	return -ENOTTY;
}

static int door_test_set(const char *value, const struct kernel_param *kp)
{
	char door[16], what[16];
	size_t len;
	u8 *data;
	int ret;

	if (sscanf(value, "%15s %15s", door, what) != 2)
		return -ENOTTY;
	data = kmalloc(DOOR_TEST_SIZE, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	ret = door_test_fill(data, what, &len);
	if (!ret)
		ret = door_test_call(door, strcmp(what, "bad") ? data : (void *)8, len);
	kfree(data);
	return ret;
}

static const struct kernel_param_ops door_test_ops = {
	.set = door_test_set,
};

module_param_cb(call, &door_test_ops, NULL, 0200);

static bool door_test_redirect;
module_param_named(redirect, door_test_redirect, bool, 0444);

static void notrace door_test_pass(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops door_test_redirection = {
	.func = door_test_pass,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

static int __init door_test_init(void)
{
	u8 data[DOOR_TEST_SIZE];
	size_t len;
	int ret = 0;

	door_test_fill(data, "tag", &len);
	if (door_test_early)
		door_test_early_result = tdx_mcall_get_report0(data, NULL);
	if (!door_test_redirect)
		return 0;
	ret = ftrace_set_filter_ip(&door_test_redirection,
				   (unsigned long)tdx_mcall_get_report0, 0, 1);
	if (!ret)
		ret = register_ftrace_function(&door_test_redirection);
	if (ret)
		ftrace_free_filter(&door_test_redirection);
	return ret;
}

static void __exit door_test_exit(void)
{
	if (!door_test_redirect)
		return;
	unregister_ftrace_function(&door_test_redirection);
	ftrace_free_filter(&door_test_redirection);
}

module_init(door_test_init);
module_exit(door_test_exit);

MODULE_DESCRIPTION("Functions that tlsbind guards, for tests");
MODULE_AUTHOR("The tlsbind authors");
MODULE_LICENSE("GPL");
