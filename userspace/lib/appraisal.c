/* SPDX-License-Identifier: MIT */
/* What the relying party wants. Nothing is accepted that was not put in here. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "appraisal.h"
#include "chain.h"
#include "collateral.h"
#include "cursor.h"

void tlsbind_appraisal_changed(struct tlsbind_appraisal *appraisal)
{
	static atomic_uint_fast64_t last;

	appraisal->identity = atomic_fetch_add(&last, 1) + 1;
}

struct tlsbind_appraisal *tlsbind_appraisal_new(void)
{
	struct tlsbind_appraisal *appraisal = calloc(1, sizeof(*appraisal));

	if (!appraisal)
		return NULL;
	tlsbind_appraisal_changed(appraisal);
	appraisal->roots = sk_X509_new_null();
	appraisal->untrusted = sk_X509_new_null();
	appraisal->crls = sk_X509_CRL_new_null();
	appraisal->tcb_statuses = 1U << TLSBIND_TCB_UP_TO_DATE;
	if (!appraisal->roots || !appraisal->untrusted || !appraisal->crls) {
		tlsbind_appraisal_free(appraisal);
		return NULL;
	}
	return appraisal;
}

void tlsbind_appraisal_free(struct tlsbind_appraisal *appraisal)
{
	size_t i;

	if (!appraisal)
		return;
	for (i = 0; i < appraisal->collateral_count; i++)
		tlsbind_collateral_free(appraisal->collateral[i]);
	free((void *)appraisal->collateral);
	sk_X509_pop_free(appraisal->roots, X509_free);
	sk_X509_pop_free(appraisal->untrusted, X509_free);
	sk_X509_CRL_pop_free(appraisal->crls, X509_CRL_free);
	free(appraisal->measurements);
	tlsbind_policy_clear(&appraisal->policy);
	free(appraisal);
}

int tlsbind_appraisal_read(const char *path, uint8_t **data, struct tlsbind_span *span)
{
	size_t size = TLSBIND_EVIDENCE_SIZE_MAX, len;
	FILE *file;
	int ret = 0;

	*data = NULL;
	file = fopen(path, "rb");
	if (!file)
		return -errno;
	*data = malloc(size);
	len = *data ? fread(*data, 1, size, file) : 0;
	if (!*data)
		ret = -ENOMEM;
	else if (ferror(file))
		ret = -EIO;
	else if (!feof(file))
		ret = -EFBIG;
	fclose(file);
	if (ret) {
		free(*data);
		*data = NULL;
	}
	*span = (struct tlsbind_span){ *data, len };
	return ret;
}

/* A whole file of certificates. */
static int tlsbind_appraisal_certificates(const char *path, STACK_OF(X509) **out)
{
	struct tlsbind_span span;
	uint8_t *data;
	int ret;

	*out = NULL;
	ret = tlsbind_appraisal_read(path, &data, &span);
	if (!ret)
		ret = tlsbind_chain_parse(span, true, out);
	free(data);
	return ret;
}

static int tlsbind_appraisal_push(STACK_OF(X509) *stack, X509 *cert)
{
	if (!X509_up_ref(cert))
		return -ENOMEM;
	if (!sk_X509_push(stack, cert)) {
		X509_free(cert);
		return -ENOMEM;
	}
	return 0;
}

int tlsbind_appraisal_add_root(struct tlsbind_appraisal *appraisal, const char *path)
{
	STACK_OF(X509) *certs;
	int i, ret, found = 0;

	tlsbind_appraisal_changed(appraisal);
	/* At once: who asked for roots of their own shall not get others after a failure. */
	appraisal->roots_named = true;
	ret = tlsbind_appraisal_certificates(path, &certs);
	if (ret)
		return ret;
	for (i = 0; i < sk_X509_num(certs) && !ret; i++) {
		X509 *cert = sk_X509_value(certs, i);
		bool root;

		ERR_set_mark();
		root = X509_self_signed(cert, 1) == 1;
		ERR_pop_to_mark();
		found += root;
		ret = tlsbind_appraisal_push(root ? appraisal->roots : appraisal->untrusted,
					     cert);
	}
	if (!ret && !found)
		ret = -EBADMSG;
	sk_X509_pop_free(certs, X509_free);
	return ret;
}

int tlsbind_appraisal_add_certificate(struct tlsbind_appraisal *appraisal, const char *path)
{
	STACK_OF(X509) *certs;
	int i, ret;

	tlsbind_appraisal_changed(appraisal);
	ret = tlsbind_appraisal_certificates(path, &certs);
	if (ret)
		return ret;
	for (i = 0; i < sk_X509_num(certs) && !ret; i++)
		ret = tlsbind_appraisal_push(appraisal->untrusted, sk_X509_value(certs, i));
	sk_X509_pop_free(certs, X509_free);
	return ret;
}

int tlsbind_appraisal_add_measurement(struct tlsbind_appraisal *appraisal,
				      const uint8_t *measurement, size_t size)
{
	size_t count = appraisal->measurement_count;
	uint8_t (*list)[TLSBIND_MEASUREMENT_SIZE];

	tlsbind_appraisal_changed(appraisal);
	if (appraisal->policy.loaded)
		return -EBUSY;
	if (size != TLSBIND_MEASUREMENT_SIZE || tlsbind_is_zero(measurement, size))
		return -EINVAL;
	list = reallocarray(appraisal->measurements, count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	memcpy(list[count], measurement, size);
	appraisal->measurements = list;
	appraisal->measurement_count = count + 1;
	return 0;
}

void tlsbind_appraisal_any_measurement(struct tlsbind_appraisal *appraisal)
{
	tlsbind_appraisal_changed(appraisal);
	if (!appraisal->policy.loaded)
		appraisal->any_measurement = true;
}

void tlsbind_appraisal_allow_flags(struct tlsbind_appraisal *appraisal, uint32_t flags)
{
	tlsbind_appraisal_changed(appraisal);
	if (!appraisal->policy.loaded)
		appraisal->flags |= flags;
}

void tlsbind_appraisal_allow_psk_dhe(struct tlsbind_appraisal *appraisal)
{
	tlsbind_appraisal_changed(appraisal);
	appraisal->psk_dhe = true;
}

int tlsbind_appraisal_set_vmpl(struct tlsbind_appraisal *appraisal, uint32_t vmpl)
{
	tlsbind_appraisal_changed(appraisal);
	if (appraisal->policy.loaded)
		return -EBUSY;
	if (vmpl > 3)
		return -EINVAL;
	appraisal->vmpl = vmpl;
	appraisal->vmpl_set = true;
	return 0;
}

void tlsbind_appraisal_set_time(struct tlsbind_appraisal *appraisal, time_t when)
{
	tlsbind_appraisal_changed(appraisal);
	appraisal->time_set = true;
	appraisal->time = when;
}

time_t tlsbind_appraisal_now(const struct tlsbind_appraisal *appraisal)
{
	return appraisal->time_set ? appraisal->time : time(NULL);
}

void tlsbind_appraisal_any_tcb(struct tlsbind_appraisal *appraisal)
{
	tlsbind_appraisal_changed(appraisal);
	if (!appraisal->policy.loaded)
		appraisal->any_tcb = true;
}

int tlsbind_appraisal_accept_tcb(struct tlsbind_appraisal *appraisal,
				 enum tlsbind_tcb_status status)
{
	tlsbind_appraisal_changed(appraisal);
	if (appraisal->policy.loaded)
		return -EBUSY;
	if (status <= TLSBIND_TCB_UNKNOWN || status >= TLSBIND_TCB_REVOKED)
		return -EINVAL;
	appraisal->tcb_statuses |= 1U << status;
	return 0;
}

void tlsbind_appraisal_set_evaluation(struct tlsbind_appraisal *appraisal, uint32_t number)
{
	tlsbind_appraisal_changed(appraisal);
	if (!appraisal->policy.loaded || number > appraisal->evaluation)
		appraisal->evaluation = number;
}

void tlsbind_appraisal_set_grace(struct tlsbind_appraisal *appraisal, unsigned int days)
{
	tlsbind_appraisal_changed(appraisal);
	if (!appraisal->policy.loaded)
		appraisal->grace_days = days;
}
