import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getTopicOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { Notice } from '@/components/notice.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { BriefForm } from './brief-form.tsx';

const words = t.topics;
const link = 'text-accent underline underline-offset-4';

/** The form for an article about a topic of the backlog. */
export function BriefOfTopic({ id }: { id: string }) {
  const topic = useQuery({ ...getTopicOptions({ path: { id } }), staleTime: 0 });
  if (topic.isPending) return <SkeletonRows rows={4} />;
  if (topic.error?.status === 404 || topic.error?.status === 422) {
    return (
      <div className="grid grid-cols-1 gap-7">
        <Notice tone="warning" title={words.topicGone}>
          <p>{words.topicGoneHint}</p>
        </Notice>
        <BriefForm />
      </div>
    );
  }
  if (topic.error) return <LoadProblem problem={topic.error} onRetry={topic.refetch} />;
  if (topic.data.status === 'used') {
    const { pipelineId } = topic.data;
    return (
      <div className="grid grid-cols-1 gap-7">
        <Notice tone="warning" alert title={words.usedAlready}>
          <p>{words.usedAlreadyHint}</p>
          {pipelineId && (
            <Link to="/runs/$runId" params={{ runId: pipelineId }} className={link}>
              {words.seeRun}
            </Link>
          )}
        </Notice>
        <BriefForm />
      </div>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-7">
      <Notice tone="accent" title={words.fromTopic}>
        <p>{words.fromTopicHint}</p>
        <Link to="/new" search={{}} className={`justify-self-start ${link}`}>
          {words.fromTopicOther}
        </Link>
      </Notice>
      <BriefForm from={topic.data} />
    </div>
  );
}
