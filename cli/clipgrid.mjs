#!/usr/bin/env node
import { setUp, setUpRuntime } from '../scripts/setup/all.mjs';
import { AGENT_NODE_ARGS, COORDINATOR_NODE_ARGS } from '../scripts/setup/node-args.mjs';
import { fail, launch } from '../scripts/setup/launch.mjs';
import { program } from '../scripts/setup/root.mjs';

/** Commands that run media tools on this machine. */
const WITH_TOOLS = ['up', 'agent'];

const args = process.argv.slice(2);
const asksForHelp = args.some((word) => word === '--help' || word === '-h');
const needsTools = !asksForHelp && args.some((word) => WITH_TOOLS.includes(word));
const NODE_ARGS = { coordinator: COORDINATOR_NODE_ARGS, agent: AGENT_NODE_ARGS };
/** It becomes the coordinator, or the agent, in the same process. */
const nodeArgs = Object.entries(NODE_ARGS).find(([word]) => args.includes(word))?.[1] ?? [];

(needsTools ? setUp() : setUpRuntime())
  .then((node) => launch(node, [...nodeArgs, program('cli/main'), ...args]))
  .catch(fail);
