-- Somebody went back to this model: newer ones are made and kept beside it, and wait until somebody serves the newest.
alter table recommend_models add column held boolean not null default false;
