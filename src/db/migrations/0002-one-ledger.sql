-- One ledger for everything that is paid: a search request is reserved, settled and remembered like a model call.
alter table model_calls rename to paid_calls;
alter index model_calls_user rename to paid_calls_user;
alter index model_calls_pipeline rename to paid_calls_pipeline;
alter index model_calls_answer rename to paid_calls_answer;

alter table paid_calls add column kind text not null default 'text' check (kind in ('text', 'search'));
alter table paid_calls alter column kind drop default;
-- A search has no prompt.
alter table paid_calls alter column prompt_version drop not null;
alter table paid_calls add constraint paid_calls_prompt_version check (prompt_version is not null or kind <> 'text');
-- Input that was written into the provider's cache, which some charge at a price of its own.
alter table paid_calls add column cache_write_input_tokens integer;
-- The unit prices as they stood when the call was made, so that its cost can be worked out again.
alter table paid_calls add column unit_prices jsonb;
