// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doors: functions through which user space can have REPORT_DATA of its own
 * choice signed. Each is guarded where it is, by its name, whether it is in the
 * kernel, in a module that is there already, or in one that comes later.
 *
 * No module runs unguarded. Loading a module goes: (1) ftrace enables its
 * functions, (2) the notifiers are called with MODULE_STATE_COMING, (3) its
 * parameters and its init run, before which nobody can call into it. We
 * register our notifier first and then look for functions by name, which finds
 * those that are past (1). A module that is past (1) at that moment is found
 * then. One that is not has (2) before it, and our notifier is called; it takes
 * the same mutex, and ignores all that comes before the look.
 *
 * A module whose door could not be guarded for lack of memory, or because
 * somebody else redirects the function, is not loaded: the flag doors-open
 * would not help, as forged evidence says what the forger likes. One whose
 * function cannot be guarded at all, which is a property of the kernel that
 * is measured, is loaded and counts as open.
 */
#include "door.h"

#include <linux/elf.h>
#include <linux/kallsyms.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "compat/door.h"
#include "guard.h"

/**
 * struct tlsbind_door - one way to the hardware's signature
 * @name: for users
 * @function: that all who go this way pass
 * @kind: how to judge a call of it
 * @modules: one of these is loaded if the way exists; NULL if fewer than two
 * @builtin: the way is in the kernel itself
 * @behind: another door that all pass first, or NULL
 * @guard: of the function where it was when we looked
 * @later: guards of the same function in modules that came later
 * @again: look once more: the module that @guard was for has gone
 * @state: as last seen
 */
struct tlsbind_door {
	const char *name;
	const char *function;
	struct tlsbind_guard_kind kind;
	const char *modules[2];
	bool builtin;
	const struct tlsbind_door *behind;
	struct tlsbind_guard guard;
	struct list_head later;
	bool again;
	enum tlsbind_door_state state;
};

/**
 * struct tlsbind_door_later - a door in a module that came later
 * @node: in @later of its door
 * @module: goes before us, or we before it
 * @guard: what guards it
 */
struct tlsbind_door_later {
	struct list_head node;
	const struct module *module;
	struct tlsbind_guard guard;
};

/* ssize_t tsm_report_inblob_write(struct config_item *, const void *, size_t) */
static int tlsbind_door_configfs_data(struct ftrace_regs *fregs,
				      const void **data, size_t *len)
{
	*data = (void *)ftrace_regs_get_argument(fregs, 1);
	*len = ftrace_regs_get_argument(fregs, 2);
	return 0;
}

/* int tdx_mcall_get_report0(u8 *reportdata, u8 *tdreport) */
static int tlsbind_door_tdx_data(struct ftrace_regs *fregs,
				 const void **data, size_t *len)
{
	*data = (void *)ftrace_regs_get_argument(fregs, 0);
	*len = TLSBIND_REPORT_DATA_SIZE;
	return 0;
}

/*
 * int snp_issue_svsm_attest_req(u64, struct svsm_call *,
 *				 struct svsm_attest_call *)
 */
static int tlsbind_door_svsm_data(struct ftrace_regs *fregs,
				  const void **data, size_t *len)
{
	const void *arg = (void *)ftrace_regs_get_argument(fregs, 2);
	struct svsm_attest_call call;

	if (copy_from_kernel_nofault(&call, arg, sizeof(call)))
		return -EFAULT;
	*data = __va(call.nonce.pa);
	*len = call.nonce.len;
	return 0;
}

enum {
	TLSBIND_DOOR_CONFIGFS,
	TLSBIND_DOOR_TDX,
	TLSBIND_DOOR_SNP,
	TLSBIND_DOOR_SVSM,
	TLSBIND_DOORS,
};

static struct tlsbind_door tlsbind_doors[TLSBIND_DOORS] = {
	[TLSBIND_DOOR_CONFIGFS] = {
		.name = "configfs",
		.function = "tsm_report_inblob_write",
		.kind.data = tlsbind_door_configfs_data,
		.modules = { "tsm", "tsm_report" },
		.builtin = IS_BUILTIN(CONFIG_TSM_REPORTS),
	},
	/*
	 * tdx-guest of newer kernels reads measurement registers by way of a
	 * report, with whatever REPORTDATA is left from the last one.
	 */
	[TLSBIND_DOOR_TDX] = {
		.name = "tdx",
		.function = "tdx_mcall_get_report0",
		.kind.data = tlsbind_door_tdx_data,
		.kind.repeats = true,
		.modules = { "tdx_guest" },
		.builtin = IS_BUILTIN(CONFIG_TDX_GUEST_DRIVER),
	},
	[TLSBIND_DOOR_SNP] = {
		.name = "snp",
		.function = TLSBIND_COMPAT_SNP_FUNCTION,
		.kind.data = tlsbind_compat_snp_data,
		.modules = { "sev_guest" },
		.builtin = IS_BUILTIN(CONFIG_SEV_GUEST),
	},
	/* Its one caller takes the data from configfs. */
	[TLSBIND_DOOR_SVSM] = {
		.name = "svsm",
		.function = "snp_issue_svsm_attest_req",
		.kind.data = tlsbind_door_svsm_data,
		.modules = { "sev_guest" },
		.builtin = IS_BUILTIN(CONFIG_SEV_GUEST),
		.behind = &tlsbind_doors[TLSBIND_DOOR_CONFIGFS],
	},
};

/* Serializes all of the below; taken inside the lock of the notifiers. */
static DEFINE_MUTEX(tlsbind_door_mutex);
static bool tlsbind_door_looked;
static bool tlsbind_door_again;
static bool tlsbind_door_open;

static bool tlsbind_door_guarded(const struct tlsbind_door *door)
{
	return door->guard.armed || !list_empty(&door->later);
}

/* All modules have an object in one set, which ours is in, too. */
static bool tlsbind_door_loaded(const char *module)
{
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset,
					     module);

	kobject_put(kobj);
	return kobj;
}

static bool tlsbind_door_exists(const struct tlsbind_door *door,
				const struct module *gone)
{
	unsigned int i;

	if (door->builtin)
		return true;
	for (i = 0; i < ARRAY_SIZE(door->modules) && door->modules[i]; i++)
		if (!(gone && !strcmp(gone->name, door->modules[i])) &&
		    tlsbind_door_loaded(door->modules[i]))
			return true;
	return false;
}

static enum tlsbind_door_state
tlsbind_door_judge(const struct tlsbind_door *door, const struct module *gone)
{
	if (tlsbind_door_guarded(door))
		return TLSBIND_DOOR_STATE_SHUT;
	if (!tlsbind_door_exists(door, gone))
		return TLSBIND_DOOR_STATE_ABSENT;
	if (door->behind && tlsbind_door_guarded(door->behind))
		return TLSBIND_DOOR_STATE_SHUT;
	return TLSBIND_DOOR_STATE_OPEN;
}

/* A module that goes is still in the set of modules; it does not count. */
static void tlsbind_door_refresh(const struct module *gone)
{
	bool open = false;
	unsigned int i;

	lockdep_assert_held(&tlsbind_door_mutex);
	for (i = 0; i < TLSBIND_DOORS; i++) {
		enum tlsbind_door_state state;

		state = tlsbind_door_judge(&tlsbind_doors[i], gone);
		WRITE_ONCE(tlsbind_doors[i].state, state);
		open |= state == TLSBIND_DOOR_STATE_OPEN;
	}
	WRITE_ONCE(tlsbind_door_open, open);
}

/* A door that is not there, or cannot be guarded, is no error. */
static int tlsbind_door_look(struct tlsbind_door *door)
{
	int ret;

	lockdep_assert_held(&tlsbind_door_mutex);
	door->guard.kind = &door->kind;
	ret = tlsbind_guard_arm_name(&door->guard, door->function);
	return ret == -EINVAL ? 0 : ret;
}

/*
 * The address of a function of a module that comes or goes, or 0. Nobody
 * replaces the table while the module's notifiers run.
 */
static unsigned long tlsbind_door_find(const struct module *module,
				       const char *function)
{
	const struct mod_kallsyms *symbols =
		rcu_dereference_protected(module->kallsyms, true);
	unsigned int i;

	for (i = 0; i < symbols->num_symtab; i++) {
		const typeof(*symbols->symtab) *symbol = &symbols->symtab[i];

		if (symbol->st_shndx != SHN_UNDEF &&
		    !strcmp(symbols->strtab + symbol->st_name, function))
			return kallsyms_symbol_value(symbol);
	}
	return 0;
}

static struct tlsbind_door_later *
tlsbind_door_later_of(const struct tlsbind_door *door,
		      const struct module *module)
{
	struct tlsbind_door_later *later;

	list_for_each_entry(later, &door->later, node)
		if (later->module == module)
			return later;
	return NULL;
}

static void tlsbind_door_later_drop(struct tlsbind_door_later *later)
{
	tlsbind_guard_disarm(&later->guard);
	list_del(&later->node);
	kfree(later);
}

/*
 * The look may have found the function already, if the module was past (1)
 * then. It is in the guard's filter in that case, and adding it again changes
 * nothing. 0: it is there now; -EINVAL: it cannot be.
 */
static int tlsbind_door_include(struct tlsbind_door *door, unsigned long ip)
{
	return door->guard.armed ?
	       ftrace_set_filter_ip(&door->guard.ops, ip, 0, 0) : -EINVAL;
}

static int tlsbind_door_coming(struct tlsbind_door *door,
			       const struct module *module)
{
	unsigned long ip = tlsbind_door_find(module, door->function);
	struct tlsbind_door_later *later;
	int ret;

	if (!ip)
		return 0;
	/*
	 * What is still to be looked for is found now, and this one with it. Once
	 * this one has a guard of its own, no look would succeed.
	 */
	if (door->again && !tlsbind_door_look(door))
		door->again = false;
	later = kzalloc(sizeof(*later), GFP_KERNEL);
	if (!later)
		return -ENOMEM;
	later->module = module;
	later->guard.kind = &door->kind;
	ret = tlsbind_guard_arm_ip(&later->guard, ip);
	if (!ret) {
		list_add(&later->node, &door->later);
		return 0;
	}
	kfree(later);
	if (ret == -EINVAL || !tlsbind_door_include(door, ip))
		return 0;
	return ret;
}

static void tlsbind_door_later_forget(struct tlsbind_door *door,
				      const struct module *module)
{
	struct tlsbind_door_later *later = tlsbind_door_later_of(door, module);

	if (later)
		tlsbind_door_later_drop(later);
}

/*
 * An address in a filter must not outlive its module. One that the look found
 * goes with everything that it found. If that was more than this module's, it
 * is looked for again before the next report, when the module is no more.
 */
static void tlsbind_door_going(struct tlsbind_door *door,
			       const struct module *module)
{
	unsigned long ip = tlsbind_door_find(module, door->function);

	if (tlsbind_door_later_of(door, module)) {
		tlsbind_door_later_forget(door, module);
	} else if (ip && tlsbind_door_include(door, ip) != -EINVAL) {
		tlsbind_guard_disarm(&door->guard);
		door->again = true;
		WRITE_ONCE(tlsbind_door_again, true);
	}
}

static void tlsbind_door_leave(const struct module *module)
{
	unsigned int i;

	for (i = 0; i < TLSBIND_DOORS; i++)
		tlsbind_door_going(&tlsbind_doors[i], module);
	tlsbind_door_refresh(module);
}

/* If it fails the module is not loaded, and nothing of it stays guarded. */
static int tlsbind_door_enter(const struct module *module)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < TLSBIND_DOORS && !ret; i++)
		ret = tlsbind_door_coming(&tlsbind_doors[i], module);
	if (ret) {
		pr_err("module %s is refused: door \"%s\" cannot be guarded (%d)\n",
		       module->name, tlsbind_doors[i - 1].name, ret);
		while (i--)
			tlsbind_door_later_forget(&tlsbind_doors[i], module);
	}
	tlsbind_door_refresh(NULL);
	return ret;
}

static int tlsbind_door_notify(struct notifier_block *nb, unsigned long state,
			       void *data)
{
	const struct module *module = data;
	int ret = 0;

	mutex_lock(&tlsbind_door_mutex);
	if (!tlsbind_door_looked)
		goto out;
	if (state == MODULE_STATE_COMING)
		ret = tlsbind_door_enter(module);
	else if (state == MODULE_STATE_GOING)
		tlsbind_door_leave(module);
	else
		tlsbind_door_refresh(NULL);
out:
	mutex_unlock(&tlsbind_door_mutex);
	return notifier_from_errno(ret);
}

static struct notifier_block tlsbind_door_notifier = {
	.notifier_call = tlsbind_door_notify,
};

static int tlsbind_door_look_all(void)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&tlsbind_door_mutex);
	for (i = 0; i < TLSBIND_DOORS && !ret; i++)
		ret = tlsbind_door_look(&tlsbind_doors[i]);
	if (ret)
		pr_err("cannot guard %s() by ftrace (%d): needs CONFIG_DYNAMIC_FTRACE, sysctl kernel.ftrace_enabled=1 and no live patch of it\n",
		       tlsbind_doors[i - 1].function, ret);
	tlsbind_door_looked = !ret;
	tlsbind_door_refresh(NULL);
	mutex_unlock(&tlsbind_door_mutex);
	return ret;
}

/**
 * tlsbind_door_init() - shut the doors
 *
 * Says in the log what is wrong.
 *
 * Context: process, may sleep; module init.
 * Return: 0, whether or not all doors could be shut; -EBUSY if somebody else
 * redirects a function that has to be guarded, or ftrace is switched off;
 * -ENODEV if it is dead; -ENOMEM. After an error nothing is guarded.
 */
int tlsbind_door_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < TLSBIND_DOORS; i++)
		INIT_LIST_HEAD(&tlsbind_doors[i].later);
	ret = register_module_notifier(&tlsbind_door_notifier);
	if (ret)
		return ret;
	ret = tlsbind_door_look_all();
	if (ret)
		tlsbind_door_exit();
	return ret;
}

/**
 * tlsbind_door_exit() - undo tlsbind_door_init()
 *
 * No notifier of ours is called any more once it is unregistered, and no task
 * runs in a handler of ours once its guard is disarmed.
 *
 * Context: process, may sleep; module exit.
 */
void tlsbind_door_exit(void)
{
	struct tlsbind_door_later *later, *next;
	struct tlsbind_door *door;

	unregister_module_notifier(&tlsbind_door_notifier);
	for (door = tlsbind_doors; door < tlsbind_doors + TLSBIND_DOORS; door++) {
		list_for_each_entry_safe(later, next, &door->later, node)
			tlsbind_door_later_drop(later);
		tlsbind_guard_disarm(&door->guard);
	}
}

static void tlsbind_door_look_again(void)
{
	struct tlsbind_door *door;
	bool again = false;

	mutex_lock(&tlsbind_door_mutex);
	for (door = tlsbind_doors; door < tlsbind_doors + TLSBIND_DOORS; door++) {
		if (door->again && !tlsbind_door_look(door))
			door->again = false;
		again |= door->again;
	}
	WRITE_ONCE(tlsbind_door_again, again);
	tlsbind_door_refresh(NULL);
	mutex_unlock(&tlsbind_door_mutex);
}

/**
 * tlsbind_door_admit() - let the current task have this signed
 * @report_data: begins with our tag
 *
 * Context: the worker; may sleep.
 */
void tlsbind_door_admit(const u8 report_data[TLSBIND_REPORT_DATA_SIZE])
{
	if (READ_ONCE(tlsbind_door_again))
		tlsbind_door_look_again();
	tlsbind_guard_admit(report_data);
}

/**
 * tlsbind_door_admit_end() - undo tlsbind_door_admit()
 *
 * Context: the worker.
 */
void tlsbind_door_admit_end(void)
{
	tlsbind_guard_admit_end();
}

/**
 * tlsbind_door_any_open() - can user space have our tag signed?
 *
 * Context: any.
 * Return: true if there is a door that is not guarded.
 */
bool tlsbind_door_any_open(void)
{
	return READ_ONCE(tlsbind_door_open);
}

/**
 * tlsbind_door_name() - what a door is called
 * @index: from 0
 *
 * Return: its name, or NULL if there are not that many.
 */
const char *tlsbind_door_name(unsigned int index)
{
	return index < TLSBIND_DOORS ? tlsbind_doors[index].name : NULL;
}

/**
 * tlsbind_door_state() - is a door there, and is it shut?
 * @index: one that tlsbind_door_name() knows
 *
 * Context: any.
 * Return: its state.
 */
enum tlsbind_door_state tlsbind_door_state(unsigned int index)
{
	return READ_ONCE(tlsbind_doors[index].state);
}
