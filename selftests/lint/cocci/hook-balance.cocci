// SPDX-License-Identifier: MIT
// A wrapper is counted from its first to its last call, on every path: unload
// waits for the count. tlsbind_hook_enter() comes before any other call,
// tlsbind_hook_leave() on every way out, and after it nothing is called.

@leak exists@
position out;
@@
 tlsbind_hook_enter(...)
 ... when != tlsbind_hook_leave()
 return@out ...;

@script:python@
out << leak.out;
@@
coccilib.report.print_report(out[0], "returns from a wrapper without tlsbind_hook_leave()")

@end exists@
identifier f;
position out;
@@
 f(...)
 {
 ... when any
 tlsbind_hook_enter(...)
 ... when != tlsbind_hook_leave()
     when != return ...;
 }@out

@script:python@
out << end.out;
@@
coccilib.report.print_report(out[0], "ends a wrapper without tlsbind_hook_leave()")

@late exists@
identifier f;
position out;
@@
 tlsbind_hook_leave()
 ... when any
 f@out(...)

@script:python@
f << late.f;
out << late.out;
@@
coccilib.report.print_report(out[0], "%s() after tlsbind_hook_leave(): the module may be gone" % f)

@wrapper@
identifier w;
expression H;
@@
 H.wrapper = (unsigned long)w

@early exists@
identifier wrapper.w, f != tlsbind_hook_enter;
position out;
@@
 w(...)
 {
 ... when != tlsbind_hook_enter(...)
 f@out(...)
 ... when any
 }

@script:python@
f << early.f;
out << early.out;
@@
coccilib.report.print_report(out[0], "%s() in a wrapper before tlsbind_hook_enter()" % f)
