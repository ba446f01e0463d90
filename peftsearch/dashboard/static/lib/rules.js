// Rules that pick a point of a front: what commands and the API take, and what people read everywhere.

export const RULES = [["1se", "Proposed"], ["knee", "Knee"], ["best", "Best quality"]];
