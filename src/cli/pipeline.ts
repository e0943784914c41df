import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Io, print } from './io.ts';
import { openSession } from './session.ts';

const answer = z.looseObject({ topic: z.string(), priority: z.string() });

/** `pipeline priority`: lets a pipeline go before or behind the account's others. */
export async function prioritizePipeline(
  io: Io,
  id: string,
  priority: string,
  options: { account?: string; json?: boolean },
): Promise<number> {
  if (!z.uuid().safeParse(id).success) {
    throw new AppError('not_found', `There is no pipeline "${id}".`, {
      hint: 'Its id stands at the end of the address of its page, /runs/ID.',
    });
  }
  const session = await openSession(io, { work: false, account: options.account });
  try {
    const row = await session.api.request('PATCH', `/pipelines/${id}`, answer, { priority });
    print(io, options.json, row, () => [`“${row.topic}” has the priority ${row.priority}.`]);
    return 0;
  } finally {
    await session.close();
  }
}
