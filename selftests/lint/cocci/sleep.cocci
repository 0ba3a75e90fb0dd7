// SPDX-License-Identifier: MIT
// Nothing that may sleep is called under a spinlock or in an RCU read section.
// SLEEPERS is replaced by the list that sleepers.py makes: the kernel's usual
// ones, and each function of ours that says so in its comment or calls one.

@spin exists@
identifier sleeper = {SLEEPERS};
expression L;
position out;
@@
(
 spin_lock(L)
|
 spin_lock_bh(L)
|
 spin_lock_irq(L)
|
 spin_lock_irqsave(L, ...)
|
 read_lock(L)
|
 write_lock(L)
)
 ... when != spin_unlock(L)
     when != spin_unlock_bh(L)
     when != spin_unlock_irq(L)
     when != spin_unlock_irqrestore(L, ...)
     when != read_unlock(L)
     when != write_unlock(L)
 sleeper@out(...)

@script:python@
f << spin.sleeper;
out << spin.out;
@@
coccilib.report.print_report(out[0], "%s() may sleep, under a spinlock" % f)

@rcu exists@
identifier sleeper = {SLEEPERS};
position out;
@@
 rcu_read_lock()
 ... when != rcu_read_unlock()
 sleeper@out(...)

@script:python@
f << rcu.sleeper;
out << rcu.out;
@@
coccilib.report.print_report(out[0], "%s() may sleep, in an RCU read section" % f)

@gfp exists@
identifier f;
expression L;
position out;
@@
(
 spin_lock(L)
|
 spin_lock_bh(L)
|
 rcu_read_lock@L()
)
 ... when != spin_unlock(L)
     when != spin_unlock_bh(L)
     when != rcu_read_unlock()
 f@out(..., \(GFP_KERNEL\|GFP_KERNEL_ACCOUNT\|GFP_USER\), ...)

@script:python@
f << gfp.f;
out << gfp.out;
@@
coccilib.report.print_report(out[0], "%s(GFP_KERNEL) under a lock" % f)
