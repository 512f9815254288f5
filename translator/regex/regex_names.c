/* regex_names: looks up the names of Unicode classes that Go's regexp accepts in \p{...}.
 *
 *   in     a name in canonical form: the first letter a capital, no blanks, hyphens and underscores
 *   out    how many code points the class lists in the parsed expression, which Go bounds
 *   owns   the table (Unicode 15.0.0)
 *   never  edited by hand: tests/regex/gen writes it, see tests/regex/README.md
 */
#include "translator/regex/regex_class.h"

/* clang-format off */
/* name, length, and the length of its negation, of its case-folded form and of that one's
 * negation */
static const struct {
	const char *name;
	unsigned short n_runes[4];
} names[] = {
	{ "Adlam", { 6, 8, 6, 8 } }, { "Ahom", { 6, 8, 6, 8 } }, { "Any", { 0, 0, 0, 0 } },
	{ "Arabic", { 116, 118, 116, 118 } }, { "Armenian", { 8, 10, 8, 10 } },
	{ "Ascii", { 2, 2, 6, 6 } }, { "Assigned", { 1414, 1414, 1414, 1414 } },
	{ "Avestan", { 4, 6, 4, 6 } }, { "Balinese", { 4, 6, 4, 6 } }, { "Bamum", { 4, 6, 4, 6 } },
	{ "Batak", { 4, 6, 4, 6 } }, { "Bengali", { 28, 30, 28, 30 } },
	{ "Bhaiksuki", { 8, 10, 8, 10 } }, { "Bopomofo", { 6, 8, 6, 8 } },
	{ "Brahmi", { 6, 8, 6, 8 } }, { "Braille", { 2, 4, 2, 4 } },
	{ "Buginese", { 4, 6, 4, 6 } }, { "Buhid", { 2, 4, 2, 4 } },
	{ "C", { 1424, 1422, 1424, 1422 } }, { "Carian", { 2, 4, 2, 4 } },
	{ "Casedletter", { 286, 288, 286, 288 } }, { "Cc", { 4, 4, 4, 4 } },
	{ "Cf", { 42, 44, 42, 44 } }, { "Chakma", { 4, 6, 4, 6 } }, { "Cham", { 8, 10, 8, 10 } },
	{ "Cherokee", { 6, 8, 6, 8 } }, { "Chorasmian", { 2, 4, 2, 4 } },
	{ "Closepunctuation", { 152, 154, 152, 154 } }, { "Cn", { 1414, 1414, 1414, 1414 } },
	{ "Cntrl", { 4, 4, 4, 4 } }, { "Co", { 6, 8, 6, 8 } },
	{ "Combiningmark", { 620, 622, 626, 628 } }, { "Common", { 346, 346, 350, 350 } },
	{ "Connectorpunctuation", { 12, 14, 12, 14 } }, { "Control", { 4, 4, 4, 4 } },
	{ "Coptic", { 6, 8, 6, 8 } }, { "Cs", { 2, 4, 2, 4 } }, { "Cuneiform", { 8, 10, 8, 10 } },
	{ "Currencysymbol", { 42, 44, 42, 44 } }, { "Cypriot", { 12, 14, 12, 14 } },
	{ "Cyrillic", { 20, 22, 20, 22 } }, { "Dashpunctuation", { 38, 40, 38, 40 } },
	{ "Decimalnumber", { 128, 130, 128, 130 } }, { "Deseret", { 2, 4, 2, 4 } },
	{ "Devanagari", { 10, 12, 10, 12 } }, { "Digit", { 128, 130, 128, 130 } },
	{ "Dogra", { 2, 4, 2, 4 } }, { "Duployan", { 10, 12, 10, 12 } },
	{ "Elbasan", { 2, 4, 2, 4 } }, { "Elymaic", { 2, 4, 2, 4 } },
	{ "Enclosingmark", { 10, 12, 10, 12 } }, { "Ethiopic", { 72, 74, 72, 74 } },
	{ "Finalpunctuation", { 20, 22, 20, 22 } }, { "Format", { 42, 44, 42, 44 } },
	{ "Georgian", { 20, 22, 20, 22 } }, { "Glagolitic", { 12, 14, 12, 14 } },
	{ "Gothic", { 2, 4, 2, 4 } }, { "Grantha", { 30, 32, 30, 32 } },
	{ "Greek", { 72, 74, 76, 78 } }, { "Gujarati", { 28, 30, 28, 30 } },
	{ "Gurmukhi", { 32, 34, 32, 34 } }, { "Han", { 42, 44, 42, 44 } },
	{ "Hangul", { 28, 30, 28, 30 } }, { "Hanunoo", { 2, 4, 2, 4 } },
	{ "Hatran", { 6, 8, 6, 8 } }, { "Hebrew", { 18, 20, 18, 20 } },
	{ "Hiragana", { 12, 14, 12, 14 } }, { "Inherited", { 58, 60, 64, 66 } },
	{ "Initialpunctuation", { 22, 24, 22, 24 } }, { "Javanese", { 6, 8, 6, 8 } },
	{ "Kaithi", { 4, 6, 4, 6 } }, { "Kannada", { 26, 28, 26, 28 } },
	{ "Katakana", { 28, 30, 28, 30 } }, { "Kawi", { 6, 8, 6, 8 } },
	{ "Kharoshthi", { 16, 18, 16, 18 } }, { "Khmer", { 8, 10, 8, 10 } },
	{ "Khojki", { 4, 6, 4, 6 } }, { "Khudawadi", { 4, 6, 4, 6 } },
	{ "L", { 1318, 1320, 1320, 1322 } }, { "Lao", { 22, 24, 22, 24 } },
	{ "Latin", { 78, 80, 78, 80 } }, { "Lc", { 286, 288, 286, 288 } },
	{ "Lepcha", { 6, 8, 6, 8 } }, { "Letter", { 1318, 1320, 1320, 1322 } },
	{ "Letternumber", { 24, 26, 24, 26 } }, { "Limbu", { 10, 12, 10, 12 } },
	{ "Lineseparator", { 1, 4, 1, 4 } }, { "Lisu", { 4, 6, 4, 6 } },
	{ "Ll", { 1316, 1318, 284, 286 } }, { "Lm", { 142, 144, 142, 144 } },
	{ "Lo", { 1020, 1022, 1020, 1022 } }, { "Lowercaseletter", { 1316, 1318, 284, 286 } },
	{ "Lt", { 20, 22, 18, 20 } }, { "Lu", { 1292, 1294, 352, 354 } },
	{ "Lycian", { 2, 4, 2, 4 } }, { "Lydian", { 4, 6, 4, 6 } },
	{ "M", { 620, 622, 626, 628 } }, { "Mahajani", { 2, 4, 2, 4 } },
	{ "Makasar", { 2, 4, 2, 4 } }, { "Malayalam", { 14, 16, 14, 16 } },
	{ "Mandaic", { 4, 6, 4, 6 } }, { "Manichaean", { 4, 6, 4, 6 } },
	{ "Marchen", { 6, 8, 6, 8 } }, { "Mark", { 620, 622, 626, 628 } },
	{ "Mathsymbol", { 128, 130, 128, 130 } }, { "Mc", { 364, 366, 364, 366 } },
	{ "Me", { 10, 12, 10, 12 } }, { "Medefaidrin", { 2, 4, 2, 4 } },
	{ "Miao", { 6, 8, 6, 8 } }, { "Mn", { 692, 694, 698, 700 } }, { "Modi", { 4, 6, 4, 6 } },
	{ "Modifierletter", { 142, 144, 142, 144 } }, { "Modifiersymbol", { 62, 64, 62, 64 } },
	{ "Mongolian", { 12, 14, 12, 14 } }, { "Mro", { 6, 8, 6, 8 } },
	{ "Multani", { 10, 12, 10, 12 } }, { "Myanmar", { 6, 8, 6, 8 } },
	{ "N", { 274, 276, 274, 276 } }, { "Nabataean", { 4, 6, 4, 6 } },
	{ "Nandinagari", { 6, 8, 6, 8 } }, { "Nd", { 128, 130, 128, 130 } },
	{ "Newa", { 4, 6, 4, 6 } }, { "Nko", { 4, 6, 4, 6 } }, { "Nl", { 24, 26, 24, 26 } },
	{ "No", { 144, 146, 144, 146 } }, { "Nonspacingmark", { 692, 694, 698, 700 } },
	{ "Number", { 274, 276, 274, 276 } }, { "Nushu", { 4, 6, 4, 6 } },
	{ "Ogham", { 2, 4, 2, 4 } }, { "Openpunctuation", { 158, 160, 158, 160 } },
	{ "Oriya", { 28, 30, 28, 30 } }, { "Osage", { 4, 6, 4, 6 } },
	{ "Osmanya", { 4, 6, 4, 6 } }, { "Other", { 1424, 1422, 1424, 1422 } },
	{ "Otherletter", { 1020, 1022, 1020, 1022 } }, { "Othernumber", { 144, 146, 144, 146 } },
	{ "Otherpunctuation", { 374, 376, 374, 376 } }, { "Othersymbol", { 368, 370, 368, 370 } },
	{ "P", { 382, 384, 382, 384 } }, { "Palmyrene", { 2, 4, 2, 4 } },
	{ "Paragraphseparator", { 1, 4, 1, 4 } }, { "Pc", { 12, 14, 12, 14 } },
	{ "Pd", { 38, 40, 38, 40 } }, { "Pe", { 152, 154, 152, 154 } },
	{ "Pf", { 20, 22, 20, 22 } }, { "Phoenician", { 4, 6, 4, 6 } },
	{ "Pi", { 22, 24, 22, 24 } }, { "Po", { 374, 376, 374, 376 } },
	{ "Privateuse", { 6, 8, 6, 8 } }, { "Ps", { 158, 160, 158, 160 } },
	{ "Punct", { 382, 384, 382, 384 } }, { "Punctuation", { 382, 384, 382, 384 } },
	{ "Rejang", { 4, 6, 4, 6 } }, { "Runic", { 4, 6, 4, 6 } }, { "S", { 464, 466, 464, 466 } },
	{ "Samaritan", { 4, 6, 4, 6 } }, { "Saurashtra", { 4, 6, 4, 6 } },
	{ "Sc", { 42, 44, 42, 44 } }, { "Separator", { 16, 18, 16, 18 } },
	{ "Sharada", { 2, 4, 2, 4 } }, { "Shavian", { 2, 4, 2, 4 } },
	{ "Siddham", { 4, 6, 4, 6 } }, { "Sinhala", { 26, 28, 26, 28 } },
	{ "Sk", { 62, 64, 62, 64 } }, { "Sm", { 128, 130, 128, 130 } },
	{ "So", { 368, 370, 368, 370 } }, { "Sogdian", { 2, 4, 2, 4 } },
	{ "Soyombo", { 2, 4, 2, 4 } }, { "Spaceseparator", { 14, 16, 14, 16 } },
	{ "Spacingmark", { 364, 366, 364, 366 } }, { "Sundanese", { 4, 6, 4, 6 } },
	{ "Surrogate", { 2, 4, 2, 4 } }, { "Symbol", { 464, 466, 464, 466 } },
	{ "Syriac", { 8, 10, 8, 10 } }, { "Tagalog", { 4, 6, 4, 6 } },
	{ "Tagbanwa", { 6, 8, 6, 8 } }, { "Takri", { 4, 6, 4, 6 } },
	{ "Tamil", { 36, 38, 36, 38 } }, { "Tangsa", { 4, 6, 4, 6 } },
	{ "Tangut", { 8, 10, 8, 10 } }, { "Telugu", { 26, 28, 26, 28 } },
	{ "Thaana", { 2, 4, 2, 4 } }, { "Thai", { 4, 6, 4, 6 } },
	{ "Tibetan", { 14, 16, 14, 16 } }, { "Tifinagh", { 6, 8, 6, 8 } },
	{ "Tirhuta", { 4, 6, 4, 6 } }, { "Titlecaseletter", { 20, 22, 18, 20 } },
	{ "Toto", { 2, 4, 2, 4 } }, { "Ugaritic", { 4, 6, 4, 6 } },
	{ "Unassigned", { 1414, 1414, 1414, 1414 } },
	{ "Uppercaseletter", { 1292, 1294, 352, 354 } }, { "Vai", { 2, 4, 2, 4 } },
	{ "Vithkuqi", { 16, 18, 16, 18 } }, { "Wancho", { 4, 6, 4, 6 } },
	{ "Yezidi", { 6, 8, 6, 8 } }, { "Yi", { 4, 6, 4, 6 } }, { "Z", { 16, 18, 16, 18 } },
	{ "Zl", { 1, 4, 1, 4 } }, { "Zp", { 1, 4, 1, 4 } }, { "Zs", { 14, 16, 14, 16 } },
};
/* clang-format on */

long translator_regex_names_size(struct str name, bool negated, bool folded)
{
	size_t from = 0, to = sizeof(names) / sizeof(names[0]);

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = str_cmp(name, str_from(names[middle].name));

		if (order == 0)
			return names[middle].n_runes[(folded ? 2 : 0) + (negated ? 1 : 0)];
		if (order > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return -1;
}
