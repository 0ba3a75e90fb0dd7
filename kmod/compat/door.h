/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a request for an SNP report passes in clear. 6.12 has a static function
 * in sev-guest.ko; newer kernels have snp_send_guest_request() in the kernel
 * itself. TLSBIND_HAVE_SNP_SEND_GUEST_REQUEST comes from Kbuild, which looks
 * into <asm/sev.h>.
 */
#ifndef _TLSBIND_COMPAT_DOOR_H
#define _TLSBIND_COMPAT_DOOR_H

#include <asm/sev.h>
#include <linux/ftrace.h>
#include <linux/uaccess.h>

#ifdef TLSBIND_HAVE_SNP_SEND_GUEST_REQUEST

#define TLSBIND_COMPAT_SNP_FUNCTION	"snp_send_guest_request"

/* int snp_send_guest_request(mdesc, req): 0 or -EFAULT */
static inline int tlsbind_compat_snp_data(struct ftrace_regs *fregs,
					  const void **data, size_t *len)
{
	const void *arg = (void *)ftrace_regs_get_argument(fregs, 1);
	struct snp_guest_req req;

	if (copy_from_kernel_nofault(&req, arg, sizeof(req)))
		return -EFAULT;
	*data = req.req_buf;
	*len = req.req_sz;
	return 0;
}

#else

#define TLSBIND_COMPAT_SNP_FUNCTION	"handle_guest_request"

/*
 * int handle_guest_request(snp_dev, exit_code, rio, type, req_buf, req_sz,
 * resp_buf, resp_sz): 0
 */
static inline int tlsbind_compat_snp_data(struct ftrace_regs *fregs,
					  const void **data, size_t *len)
{
	*data = (void *)ftrace_regs_get_argument(fregs, 4);
	*len = ftrace_regs_get_argument(fregs, 5);
	return 0;
}

#endif
#endif
