import { readFrame } from './read-frame.ts';
import { feedsOf, readSource } from './read-source.ts';
import { followsRobots } from './robots-rules.ts';

/** What the process for strangers' bytes can be asked to do. */
export const isolatedTasks = {
  read: readSource,
  feeds: feedsOf,
  robots: followsRobots,
  frame: readFrame,
};
export type IsolatedTasks = typeof isolatedTasks;
export type IsolatedTask = keyof IsolatedTasks;

/** One call to that process. */
export type IsolatedCall = {
  [Name in IsolatedTask]: { task: Name; input: Parameters<IsolatedTasks[Name]>[0] };
}[IsolatedTask];

/** The answer to one kind of call. */
export type IsolatedAnswer<Name extends IsolatedTask> = Awaited<ReturnType<IsolatedTasks[Name]>>;

/** Does what a call asks for. */
export async function runIsolated(call: IsolatedCall): Promise<IsolatedAnswer<IsolatedTask>> {
  switch (call.task) {
    case 'read':
      return isolatedTasks.read(call.input);
    case 'feeds':
      return isolatedTasks.feeds(call.input);
    case 'robots':
      return isolatedTasks.robots(call.input);
    case 'frame':
      return isolatedTasks.frame(call.input);
  }
}
