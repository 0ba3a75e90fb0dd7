/* SPDX-License-Identifier: MIT */
/* The command line of tlsbindd(8) after --judge. */
#ifndef TLSBIND_JUDGE_OPTIONS_H
#define TLSBIND_JUDGE_OPTIONS_H

#include "court.h"

/**
 * judge_options_parse() - read the command line
 * @rules: filled
 * @argc: number of arguments
 * @argv: arguments, the first is not looked at; what is kept of them is not copied
 *
 * Return: -1 to go on, or an exit code, after help or a message.
 */
int judge_options_parse(struct judge_rules *rules, int argc, char **argv);

#endif /* TLSBIND_JUDGE_OPTIONS_H */
