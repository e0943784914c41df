import { countTopicsQueryKey, getTopicOptions, listTopicsQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';

/** Every list of topics, however it is filtered. */
export const everyTopicList = [{ _id: listTopicsQueryKey()[0]._id }] as const;

/** Everything that is read of topics. */
export const everyTopicQuery = [
  everyTopicList,
  countTopicsQueryKey(),
  [{ _id: getTopicOptions({ path: { id: '' } }).queryKey[0]._id }],
] as const;
