// SPDX-License-Identifier: MIT
// The ftrace handler runs at the entry of a function that may be called from
// anywhere, with preemption disabled: it may not sleep or take a lock, and what
// it calls must not be traced. So it calls nothing but what is listed here.

@assigned@
identifier h;
expression H;
@@
(
 H.func = h
|
 H->func = h
)

@assigned_calls@
identifier assigned.h;
identifier f != {tlsbind_original_calls, ftrace_regs_set_instruction_pointer, READ_ONCE, likely, unlikely};
position out;
@@
 h(...)
 {
 <+...
 f@out(...)
 ...+>
 }

@script:python@
f << assigned_calls.f;
out << assigned_calls.out;
@@
coccilib.report.print_report(out[0], "%s() in an ftrace handler" % f)

@initial@
identifier h, o;
@@
 struct ftrace_ops o = { .func = h, };

@initial_calls@
identifier initial.h;
identifier f != {tlsbind_original_calls, ftrace_regs_set_instruction_pointer, READ_ONCE, likely, unlikely};
position out;
@@
 h(...)
 {
 <+...
 f@out(...)
 ...+>
 }

@script:python@
f << initial_calls.f;
out << initial_calls.out;
@@
coccilib.report.print_report(out[0], "%s() in an ftrace handler" % f)
