/* SPDX-License-Identifier: MIT */
/* tlsbindd --judge: the order in which its parts are started and ended. */
#ifndef TLSBIND_JUDGE_H
#define TLSBIND_JUDGE_H

/**
 * judge_main() - judge held connections until ended
 * @argc: number of arguments, "--judge" being the first
 * @argv: arguments
 *
 * Return: exit code, enum options_exit.
 */
int judge_main(int argc, char **argv);

#endif /* TLSBIND_JUDGE_H */
