import type { SiteCause } from './site-error.ts';

/** One thing the check found. `code` is a SiteCause for what failed, or one of the codes below; all are stable. */
export interface SiteFinding {
  code:
    | SiteCause
    | 'site_answers'
    | 'plain_permalinks'
    | 'insecure_http'
    | 'other_address_named'
    | 'other_root_used'
    | 'redirected_to_https'
    | 'clock_skew'
    | 'wordpress_too_old'
    | 'application_passwords_off'
    | 'authorization_stripped'
    | 'seo_plugin_found'
    | 'seo_plugin_none'
    | 'may_publish'
    | 'drafts_only'
    | 'may_not_write'
    | 'may_not_upload'
    | 'upload_works'
    | 'upload_left'
    | 'same_address';
  severity: 'info' | 'warning' | 'error';
  message: string;
  hint: string;
  /** Lines for the configuration of the web server, to be copied as they are. */
  lines?: string[];
}

/** `ok` is false when nothing at all can be delivered to the site: there is at least one finding of severity error. */
export interface SiteCheck {
  ok: boolean;
  findings: SiteFinding[];
}

export const nothingToDo = 'Nothing needs to be done.';
