/* SPDX-License-Identifier: MIT */
/* doctor: can other code come into the kernel than what was measured? */
#include <stdlib.h>
#include <string.h>
#include "doctor.h"

#define DOCTOR_SECURE_BOOT \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Four bytes of attributes, and one of value. */
static void doctor_secure_boot(struct doctor *d)
{
	size_t len = 0;
	char *value = tool_doctor_read(d, DOCTOR_SECURE_BOOT, &len);

	if (!value)
		tool_doctor_say(d, "secure-boot", DOCTOR_WARNING, "no such variable (no UEFI?)",
				"measure the whole image instead, kernel and command line included");
	else if (len == 5 && value[4] == 1)
		tool_doctor_say(d, "secure-boot", DOCTOR_OK, "on", "");
	else
		tool_doctor_say(d, "secure-boot", DOCTOR_WARNING, "off",
				"turn it on, or measure the whole image");
	free(value);
}

/* Return: the mode that the kernel is in, of those that forbid to change it; NULL. */
static const char *doctor_lockdown_mode(const char *modes)
{
	if (modes && strstr(modes, "[integrity]"))
		return "integrity";
	return modes && strstr(modes, "[confidentiality]") ? "confidentiality" : NULL;
}

static void doctor_lockdown(struct doctor *d, const char *modes)
{
	const char *mode = doctor_lockdown_mode(modes);

	if (!modes)
		tool_doctor_say(d, "lockdown", DOCTOR_UNKNOWN,
				"/sys/kernel/security/lockdown cannot be read",
				"mount -t securityfs none /sys/kernel/security");
	else if (mode)
		tool_doctor_say(d, "lockdown", DOCTOR_OK, mode, "");
	else
		tool_doctor_say(d, "lockdown", DOCTOR_WARNING,
				"none: root can change the kernel, and so forge evidence",
				"boot with lockdown=integrity");
}

/* Lockdown refuses modules without signature, whatever the parameter says. */
static void doctor_signatures(struct doctor *d, const char *modes)
{
	char *enforce = tool_doctor_read(d, "/sys/module/module/parameters/sig_enforce", NULL);

	if (enforce && *enforce == 'Y')
		tool_doctor_say(d, "module-signatures", DOCTOR_OK, "required", "");
	else if (doctor_lockdown_mode(modes))
		tool_doctor_say(d, "module-signatures", DOCTOR_OK, "required (by lockdown)", "");
	else
		tool_doctor_say(d, "module-signatures", DOCTOR_WARNING,
				"not required: root can load any module, and so forge evidence",
				"boot with module.sig_enforce=1");
	free(enforce);
}

void tool_doctor_boot(struct doctor *d)
{
	char *modes = tool_doctor_read(d, "/sys/kernel/security/lockdown", NULL);

	doctor_secure_boot(d);
	doctor_lockdown(d, modes);
	doctor_signatures(d, modes);
	free(modes);
}
