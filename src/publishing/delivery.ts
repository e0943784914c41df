import type { Article } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Site } from '../sites/schema.ts';
import type { WordPressClient, WordPressPost } from '../wordpress/client.ts';
import type { PublicationChange } from './lease.ts';
import type { Publication, SeenPost, SentPost, StoredConflict } from './schema.ts';

/** What the tasks of a publication work with, while its lease is held. */
export interface Delivery {
  ctx: Pick<AppContext, 'db' | 'log' | 'now' | 'safeFetch' | 'imaging'>;
  publication: Publication;
  article: Article;
  site: Site;
  /** Every request of it is sent only while the lease is ours, and not for a user who was disabled. */
  client: WordPressClient;
  signal: AbortSignal;
  /** Waits before each further look for something whose making was not answered, in milliseconds. */
  settleMs: readonly number[];
  /** Commits a change of the publication at once, under its lease. Throws `lease_lost`. */
  keep(change: PublicationChange): Promise<void>;
}

/** How a task ended, beside what it throws. */
export type TaskResult =
  | {
      kind: 'done';
      /** The post as the site read it back after our last write. */
      post: WordPressPost;
      /**
       * What a person's changes are told from later on: the post as we last wrote it. `post` itself unless given; null
       * where we wrote nothing, so that what was known stays. What a person changed alone is left out of it: it stays a change.
       */
      base?: SentPost | null;
      /** What its author should know. */
      warnings: string[];
      /** The fields that the site did not keep. */
      dropped: string[];
      /** One of the warnings says what cannot be noticed on this site; it is said once. */
      toldOfRevisions?: boolean;
    }
  /** No longer public; `post` is null when it was gone from the site. */
  | { kind: 'withdrawn'; post: WordPressPost | null; warnings: string[] }
  /** A person has to decide; `theirs` is the post as it stands on the site, if it stands there. */
  | { kind: 'conflict'; error: unknown; theirs: SeenPost | null; conflict?: StoredConflict };
