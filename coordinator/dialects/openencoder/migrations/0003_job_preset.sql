-- What the preset was when the job was given to the grid: told as its options from the encode's start on.
alter table openencoder_jobs add column preset_data text;
