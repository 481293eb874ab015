-- While the owner of the machine needs it: why, in words, and since when. Both are null otherwise.
alter table agents add column pause_reason text;
alter table agents add column paused_at timestamptz;
