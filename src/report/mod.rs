//! Reports: findings and outcomes for people and for programs.

pub mod answer;

pub mod companion;

pub mod decision;

pub mod delivery;

pub mod diagnosis;

pub mod difference;

pub mod json;

pub mod rules;

pub mod space;

pub mod text;
