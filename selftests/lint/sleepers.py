#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sleepers.py FILE...: names of functions that may sleep, one a line.

These are: the kernel's functions below; functions defined in the files whose
kernel-doc says "may sleep" or "sleeps"; and, over and over, functions in the
files that call one of them. It reads kernel style (a function starts and ends
at column 0) and follows no pointers.
"""
import re
import sys

KERNEL = """
    lock_sock mutex_lock mutex_lock_interruptible down down_read down_write
    wait_event wait_event_interruptible wait_event_timeout
    wait_event_interruptible_timeout wait_for_completion
    wait_for_completion_timeout wait_for_completion_interruptible wait_var_event
    wait_var_event_timeout msleep ssleep usleep_range schedule schedule_timeout
    cond_resched might_sleep kvmalloc kvzalloc kvmemdup vmalloc vzalloc vfree kvfree
    copy_from_user copy_to_user clear_user get_user put_user copy_from_sockptr
    copy_to_sockptr copy_struct_from_sockptr check_zeroed_sockptr memdup_user
    synchronize_rcu synchronize_rcu_tasks synchronize_net rcu_barrier
    flush_work flush_delayed_work cancel_work_sync cancel_delayed_work_sync
    flush_workqueue destroy_workqueue drain_workqueue timer_delete_sync
    crypto_alloc_shash crypto_free_shash request_module get_random_bytes_wait
    register_ftrace_function unregister_ftrace_function ftrace_set_filter_ip
    kern_mount kern_unmount vfs_path_lookup vfs_mkdir vfs_rmdir path_put dput mntput
    file_open_root file_open_root_mnt filp_open kernel_read kernel_write fput
    __fput_sync rhashtable_init rhashtable_destroy rhashtable_free_and_destroy
    sock_create_kern sock_release kernel_connect kernel_accept kernel_bind
    eventfd_ctx_fdget
""".split()

# eventfd_ctx_fdget() only looks a descriptor up.
KERNEL.remove("eventfd_ctx_fdget")

COMMENT = re.compile(r"/\*.*?\*/", re.S)
DOCUMENTED = re.compile(r"/\*\*\n \* (\w+)\(\)(?:(?!\*/).)*?\* Context:((?:(?!\*/|\n \*\n|Return:).)*)", re.S)
FUNCTION = re.compile(r"^\w[^\n;={}]*?\b(\w+)\([^;{}]*?\)\n\{\n(.*?)^\}", re.S | re.M)
CALL = re.compile(r"\b(\w+)\s*\(")


def documented(text):
    """Functions whose Context: line says that they sleep."""
    return {name for name, context in DOCUMENTED.findall(text)
            if re.search(r"may\s+(\*\s+)?sleep|sleeps", context)}


def calls(text):
    """For each function defined in the text, what it calls."""
    return {name: set(CALL.findall(body)) for name, body in FUNCTION.findall(COMMENT.sub("", text))}


def main():
    sleepers, graph = set(KERNEL), {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        sleepers |= documented(text)
        graph.update(calls(text))
    while more := {name for name, called in graph.items() if called & sleepers} - sleepers:
        sleepers |= more
    print("\n".join(sorted(sleepers)))


if __name__ == "__main__":
    main()
