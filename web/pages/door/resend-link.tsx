import { useMutation } from '@tanstack/react-query';
import { resendVerificationMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';

/** Sends the link that confirms an address once more. */
export function ResendLink({ email }: { email: string }) {
  const resend = useMutation(resendVerificationMutation());
  return (
    <div className="grid grid-cols-1 gap-3">
      <Button
        className="justify-self-start"
        aria-disabled={resend.isPending}
        onClick={() => !resend.isPending && resend.mutate({ body: { email } })}
      >
        {resend.isPending ? t.door.sending : t.door.checkMail.again}
      </Button>
      <p role="status" className={resend.isSuccess ? 'text-sm text-success' : 'sr-only'}>
        {resend.isSuccess && t.door.checkMail.sentAgain}
      </p>
      {resend.error && <ProblemNotice problem={resend.error} />}
    </div>
  );
}
