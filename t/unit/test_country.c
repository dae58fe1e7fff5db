
/*
 * Copyright (C) pancake checkout contributors
 *
 * Names of countries and states: every name of the tables, and spellings
 * that shops and buyers use, written here a second time.
 */


#include "unit.h"
#include "pancake_country.h"
#include "pancake_country_names.h"
#include "pancake_country_table.h"


typedef struct {
    const char  *code;          /* NULL: no such name */
    ngx_str_t    name;
} pancake_country_case_t;


/* ISO 3166-1 as its own list writes it: the table has other forms */

static const char  pancake_iso_names[] =
    "AD Andorra;AE United Arab Emirates (the);AF Afghanistan;"
    "AG Antigua and Barbuda;AI Anguilla;AL Albania;AM Armenia;AO Angola;"
    "AQ Antarctica;AR Argentina;AS American Samoa;AT Austria;AU Australia;"
    "AW Aruba;AX \303\205land Islands;AZ Azerbaijan;"
    "BA Bosnia and Herzegovina;BB Barbados;BD Bangladesh;BE Belgium;"
    "BF Burkina Faso;BG Bulgaria;BH Bahrain;BI Burundi;BJ Benin;"
    "BL Saint Barth\303\251lemy;BM Bermuda;BN Brunei Darussalam;"
    "BO Bolivia (Plurinational State of);BQ Bonaire, Sint Eustatius and Saba;"
    "BR Brazil;BS Bahamas (the);BT Bhutan;BV Bouvet Island;BW Botswana;"
    "BY Belarus;BZ Belize;CA Canada;CC Cocos (Keeling) Islands (the);"
    "CD Congo (the Democratic Republic of the);"
    "CF Central African Republic (the);CG Congo (the);CH Switzerland;"
    "CI C\303\264te d'Ivoire;CK Cook Islands (the);CL Chile;CM Cameroon;"
    "CN China;CO Colombia;CR Costa Rica;CU Cuba;CV Cabo Verde;"
    "CW Cura\303\247ao;CX Christmas Island;CY Cyprus;CZ Czechia;DE Germany;"
    "DJ Djibouti;DK Denmark;DM Dominica;DO Dominican Republic (the);"
    "DZ Algeria;EC Ecuador;EE Estonia;EG Egypt;EH Western Sahara;ER Eritrea;"
    "ES Spain;ET Ethiopia;FI Finland;FJ Fiji;"
    "FK Falkland Islands (the) [Malvinas];"
    "FM Micronesia (Federated States of);FO Faroe Islands (the);FR France;"
    "GA Gabon;GB United Kingdom of Great Britain and Northern Ireland (the);"
    "GD Grenada;GE Georgia;GF French Guiana;GG Guernsey;GH Ghana;"
    "GI Gibraltar;GL Greenland;GM Gambia (the);GN Guinea;GP Guadeloupe;"
    "GQ Equatorial Guinea;GR Greece;"
    "GS South Georgia and the South Sandwich Islands;GT Guatemala;GU Guam;"
    "GW Guinea-Bissau;GY Guyana;HK Hong Kong;"
    "HM Heard Island and McDonald Islands;HN Honduras;HR Croatia;HT Haiti;"
    "HU Hungary;ID Indonesia;IE Ireland;IL Israel;IM Isle of Man;IN India;"
    "IO British Indian Ocean Territory (the);IQ Iraq;"
    "IR Iran (Islamic Republic of);IS Iceland;IT Italy;JE Jersey;JM Jamaica;"
    "JO Jordan;JP Japan;KE Kenya;KG Kyrgyzstan;KH Cambodia;KI Kiribati;"
    "KM Comoros (the);KN Saint Kitts and Nevis;"
    "KP Korea (the Democratic People's Republic of);"
    "KR Korea (the Republic of);KW Kuwait;KY Cayman Islands (the);"
    "KZ Kazakhstan;LA Lao People's Democratic Republic (the);LB Lebanon;"
    "LC Saint Lucia;LI Liechtenstein;LK Sri Lanka;LR Liberia;LS Lesotho;"
    "LT Lithuania;LU Luxembourg;LV Latvia;LY Libya;MA Morocco;MC Monaco;"
    "MD Moldova (the Republic of);ME Montenegro;"
    "MF Saint Martin (French part);MG Madagascar;MH Marshall Islands (the);"
    "MK North Macedonia;ML Mali;MM Myanmar;MN Mongolia;MO Macao;"
    "MP Northern Mariana Islands (the);MQ Martinique;MR Mauritania;"
    "MS Montserrat;MT Malta;MU Mauritius;MV Maldives;MW Malawi;MX Mexico;"
    "MY Malaysia;MZ Mozambique;NA Namibia;NC New Caledonia;NE Niger (the);"
    "NF Norfolk Island;NG Nigeria;NI Nicaragua;"
    "NL Netherlands (Kingdom of the);NO Norway;NP Nepal;NR Nauru;NU Niue;"
    "NZ New Zealand;OM Oman;PA Panama;PE Peru;PF French Polynesia;"
    "PG Papua New Guinea;PH Philippines (the);PK Pakistan;PL Poland;"
    "PM Saint Pierre and Miquelon;PN Pitcairn;PR Puerto Rico;"
    "PS Palestine, State of;PT Portugal;PW Palau;PY Paraguay;QA Qatar;"
    "RE R\303\251union;RO Romania;RS Serbia;RU Russian Federation (the);"
    "RW Rwanda;SA Saudi Arabia;SB Solomon Islands;SC Seychelles;"
    "SD Sudan (the);SE Sweden;SG Singapore;"
    "SH Saint Helena, Ascension and Tristan da Cunha;SI Slovenia;"
    "SJ Svalbard and Jan Mayen;SK Slovakia;SL Sierra Leone;SM San Marino;"
    "SN Senegal;SO Somalia;SR Suriname;SS South Sudan;"
    "ST Sao Tome and Principe;SV El Salvador;SX Sint Maarten (Dutch part);"
    "SY Syrian Arab Republic (the);SZ Eswatini;"
    "TC Turks and Caicos Islands (the);TD Chad;"
    "TF French Southern Territories (the);TG Togo;TH Thailand;TJ Tajikistan;"
    "TK Tokelau;TL Timor-Leste;TM Turkmenistan;TN Tunisia;TO Tonga;"
    "TR T\303\274rkiye;TT Trinidad and Tobago;TV Tuvalu;"
    "TW Taiwan (Province of China);TZ Tanzania, the United Republic of;"
    "UA Ukraine;UG Uganda;UM United States Minor Outlying Islands (the);"
    "US United States of America (the);UY Uruguay;UZ Uzbekistan;"
    "VA Holy See (the);VC Saint Vincent and the Grenadines;"
    "VE Venezuela (Bolivarian Republic of);VG Virgin Islands (British);"
    "VI Virgin Islands (U.S.);VN Viet Nam;VU Vanuatu;WF Wallis and Futuna;"
    "WS Samoa;YE Yemen;YT Mayotte;ZA South Africa;ZM Zambia;ZW Zimbabwe;";


static pancake_country_case_t  pancake_spellings[] = {

    /* case, blanks, punctuation, articles, diacritics */

    { "FR", ngx_string("France") },
    { "FR", ngx_string("FRANCE") },
    { "FR", ngx_string("fRaNcE") },
    { "FR", ngx_string(" \t France\t ") },
    { "NZ", ngx_string("New   Zealand") },
    { "NZ", ngx_string("New\xc2\xa0Zealand") },
    { "NZ", ngx_string("New\xe2\x80\x89Zealand") },
    { "GW", ngx_string("Guinea-Bissau") },
    { "GW", ngx_string("guinea bissau") },
    { "GW", ngx_string("Guinea \xe2\x80\x93 Bissau") },
    { "BA", ngx_string("Bosnia & Herzegovina") },
    { "BA", ngx_string("Bosnia&Herzegovina") },
    { "BA", ngx_string("BOSNIA AND HERZEGOVINA") },
    { "LC", ngx_string("St. Lucia") },
    { "LC", ngx_string("St Lucia") },
    { "LC", ngx_string("St.Lucia") },
    { "LC", ngx_string("saint lucia") },
    { "BS", ngx_string("The Bahamas") },
    { "BS", ngx_string("Bahamas, The") },
    { "BS", ngx_string("Bahamas (the)") },
    { "BS", ngx_string("the bahamas") },
    { "GM", ngx_string("The Gambia") },
    { "PH", ngx_string("The Philippines") },
    { "CI", ngx_string("C\xc3\xb4te d'Ivoire") },
    { "CI", ngx_string("C\xc3\x94TE D'IVOIRE") },
    { "CI", ngx_string("C\xc3\xb4te d\xe2\x80\x99Ivoire") },
    { "CI", ngx_string("Cote d`Ivoire") },
    { "CI", ngx_string("Cote d'Ivoire") },
    { "CI", ngx_string("Cote DIvoire") },
    { "CI", ngx_string("Cote d Ivoire") },
    { "CI", ngx_string("Co\xcc\x82te d'Ivoire") },
    { "CI", ngx_string("Ivory Coast") },
    { "CW", ngx_string("Cura\xc3\xa7" "ao") },
    { "CW", ngx_string("CURA\xc3\x87" "AO") },
    { "CW", ngx_string("Curacao") },
    { "AX", ngx_string("\xc3\x85land Islands") },
    { "AX", ngx_string("\xc3\xa5land islands") },
    { "AX", ngx_string("A\xcc\x8aland") },
    { "AX", ngx_string("Aland Islands") },
    { "RE", ngx_string("R\xc3\xa9union") },
    { "RE", ngx_string("Reunion") },
    { "TR", ngx_string("T\xc3\xbcrkiye") },
    { "TR", ngx_string("T\xc3\x9cRK\xc4\xb0YE") },
    { "TR", ngx_string("Turkiye") },
    { "TR", ngx_string("Turkey") },
    { "BL", ngx_string("Saint Barth\xc3\xa9lemy") },
    { "BL", ngx_string("St. Barthelemy") },
    { "ST", ngx_string("S\xc3\xa3o Tom\xc3\xa9 and Pr\xc3\xadncipe") },
    { "ST", ngx_string("Sao Tome & Principe") },
    { "VN", ngx_string("Vi\xe1\xbb\x87t Nam") },
    { "RU", ngx_string("Ru\xc3\x9fia") },
    { "IL", ngx_string("Isr\xc3\xa6l") },
    { "ET", ngx_string("E\xc3\xbeiopia") },
    { "FJ", ngx_string("F\xc4\xb3i") },
    { "FO", ngx_string("F\xc3\x86r\xc5\x92 Islands") },
    { "HU", ngx_string("Magyarorsz\xc3\xa1g") },
    { "CZ", ngx_string("\xc4\x8c" "esko") },

    /* ISO's forms, inverted and in brackets, and the common names */

    { "KR", ngx_string("Korea, Republic of") },
    { "KR", ngx_string("Korea (the Republic of)") },
    { "KR", ngx_string("Republic of Korea") },
    { "KR", ngx_string("Korea, South") },
    { "KR", ngx_string("South Korea") },
    { "KR", ngx_string("Korea, Rep.") },
    { "KP", ngx_string("Korea, Democratic People's Republic of") },
    { "KP", ngx_string("Korea (the Democratic People\xe2\x80\x99s Republic "
                       "of)") },
    { "KP", ngx_string("North Korea") },
    { "KP", ngx_string("Korea, Dem. People's Rep.") },
    { NULL, ngx_string("Korea") },
    { "IR", ngx_string("Iran, Islamic Republic of") },
    { "IR", ngx_string("Iran (Islamic Republic of)") },
    { "IR", ngx_string("Islamic Republic of Iran") },
    { "IR", ngx_string("Iran") },
    { "BO", ngx_string("Bolivia, Plurinational State of") },
    { "BO", ngx_string("Bolivia (Plurinational State of)") },
    { "BO", ngx_string("Bolivia") },
    { "VE", ngx_string("Venezuela, Bolivarian Republic of") },
    { "VE", ngx_string("Venezuela") },
    { "RU", ngx_string("Russian Federation") },
    { "RU", ngx_string("Russia") },
    { "VN", ngx_string("Viet Nam") },
    { "VN", ngx_string("Vietnam") },
    { "LA", ngx_string("Lao People's Democratic Republic") },
    { "LA", ngx_string("Laos") },
    { "SY", ngx_string("Syrian Arab Republic") },
    { "SY", ngx_string("Syria") },
    { "TZ", ngx_string("Tanzania, United Republic of") },
    { "TZ", ngx_string("Tanzania, the United Republic of") },
    { "TZ", ngx_string("Tanzania") },
    { "MD", ngx_string("Moldova, Republic of") },
    { "MD", ngx_string("Republic of Moldova") },
    { "MD", ngx_string("Moldova") },
    { "TW", ngx_string("Taiwan, Province of China") },
    { "TW", ngx_string("Taiwan (Province of China)") },
    { "TW", ngx_string("Taiwan") },
    { "TW", ngx_string("Republic of China") },
    { "CN", ngx_string("People's Republic of China") },
    { "CN", ngx_string("China") },
    { "BN", ngx_string("Brunei Darussalam") },
    { "BN", ngx_string("Brunei") },
    { "CZ", ngx_string("Czechia") },
    { "CZ", ngx_string("Czech Republic") },
    { "CV", ngx_string("Cabo Verde") },
    { "CV", ngx_string("Cape Verde") },
    { "SZ", ngx_string("Eswatini") },
    { "SZ", ngx_string("Swaziland") },
    { "SZ", ngx_string("Kingdom of Eswatini") },
    { "MK", ngx_string("North Macedonia") },
    { "MK", ngx_string("Macedonia") },
    { "MK", ngx_string("Macedonia, the former Yugoslav Republic of") },
    { "MM", ngx_string("Myanmar") },
    { "MM", ngx_string("Burma") },
    { "MM", ngx_string("Myanmar (Burma)") },
    { "NL", ngx_string("Netherlands") },
    { "NL", ngx_string("The Netherlands") },
    { "NL", ngx_string("Netherlands (Kingdom of the)") },
    { "NL", ngx_string("Holland") },
    { "VA", ngx_string("Holy See") },
    { "VA", ngx_string("The Holy See (Vatican City State)") },
    { "VA", ngx_string("Vatican") },
    { "VA", ngx_string("Vatican City") },
    { "PS", ngx_string("Palestine, State of") },
    { "PS", ngx_string("State of Palestine") },
    { "PS", ngx_string("Palestine") },
    { "PS", ngx_string("Palestinian Territory, Occupied") },
    { "CG", ngx_string("Congo") },
    { "CG", ngx_string("Congo (the)") },
    { "CG", ngx_string("Republic of the Congo") },
    { "CG", ngx_string("Congo, Republic of the") },
    { "CG", ngx_string("Congo-Brazzaville") },
    { "CG", ngx_string("Congo, Rep.") },
    { "CD", ngx_string("Congo, Democratic Republic of the") },
    { "CD", ngx_string("Congo, The Democratic Republic of the") },
    { "CD", ngx_string("Congo (the Democratic Republic of the)") },
    { "CD", ngx_string("Democratic Republic of the Congo") },
    { "CD", ngx_string("Democratic Republic of Congo") },
    { "CD", ngx_string("DR Congo") },
    { "CD", ngx_string("D.R. Congo") },
    { "CD", ngx_string("DRC") },
    { "CD", ngx_string("Congo - Kinshasa") },
    { "CD", ngx_string("Congo, Dem. Rep.") },
    { "FM", ngx_string("Micronesia, Federated States of") },
    { "FM", ngx_string("Micronesia (Federated States of)") },
    { "FM", ngx_string("Micronesia") },
    { "FK", ngx_string("Falkland Islands (Malvinas)") },
    { "FK", ngx_string("Falkland Islands (the) [Malvinas]") },
    { "FK", ngx_string("Falkland Islands") },
    { "FK", ngx_string("The Falklands") },
    { "GB", ngx_string("United Kingdom") },
    { "GB", ngx_string("United Kingdom of Great Britain and Northern Ireland "
                       "(the)") },
    { "GB", ngx_string("United Kingdom (UK)") },
    { "GB", ngx_string("Great Britain") },
    { "GB", ngx_string("Britain") },
    { "GB", ngx_string("England") },
    { "GB", ngx_string("Scotland") },
    { "GB", ngx_string("Wales") },
    { "GB", ngx_string("Northern Ireland") },
    { "GB", ngx_string("U.K.") },
    { "GB", ngx_string("u.k") },
    { "IE", ngx_string("Ireland") },
    { "IE", ngx_string("Republic of Ireland") },
    { "US", ngx_string("United States") },
    { "US", ngx_string("The United States of America") },
    { "US", ngx_string("United States of America (the)") },
    { "US", ngx_string("United States (US)") },
    { "US", ngx_string("USA") },
    { "US", ngx_string("usa") },
    { "US", ngx_string("U.S.A.") },
    { "US", ngx_string("U. S. A.") },
    { "US", ngx_string("U.S.") },
    { "US", ngx_string("America") },
    { "AE", ngx_string("UAE") },
    { "AE", ngx_string("U.A.E.") },
    { "AE", ngx_string("United Arab Emirates (the)") },
    { "TL", ngx_string("Timor-Leste") },
    { "TL", ngx_string("East Timor") },
    { "SH", ngx_string("Saint Helena, Ascension and Tristan da Cunha") },
    { "SH", ngx_string("St. Helena") },
    { "SH", ngx_string("St Helena, Ascension & Tristan da Cunha") },
    { "VG", ngx_string("Virgin Islands, British") },
    { "VG", ngx_string("Virgin Islands (British)") },
    { "VG", ngx_string("British Virgin Islands") },
    { "VI", ngx_string("Virgin Islands, U.S.") },
    { "VI", ngx_string("Virgin Islands (U.S.)") },
    { "VI", ngx_string("U.S. Virgin Islands") },
    { "VI", ngx_string("US Virgin Islands") },
    { "VI", ngx_string("United States Virgin Islands") },
    { "VI", ngx_string("United States (US) Virgin Islands") },
    { NULL, ngx_string("Virgin Islands") },
    { NULL, ngx_string("The Virgin Islands") },
    { "MF", ngx_string("Saint Martin (French part)") },
    { "MF", ngx_string("St. Martin") },
    { "SX", ngx_string("Sint Maarten (Dutch part)") },
    { "SX", ngx_string("Sint Maarten") },
    { "SX", ngx_string("Saint Martin (Dutch part)") },
    { "VC", ngx_string("St. Vincent & the Grenadines") },
    { "VC", ngx_string("St. Vincent and Grenadines") },
    { "GS", ngx_string("South Georgia/Sandwich Islands") },
    { "HK", ngx_string("Hong Kong SAR China") },
    { "MO", ngx_string("Macao S.A.R., China") },
    { "CC", ngx_string("Cocos (Keeling) Islands") },
    { "CC", ngx_string("Cocos Islands") },
    { "EG", ngx_string("Egypt, Arab Rep.") },
    { "SK", ngx_string("Slovak Republic") },
    { "DE", ngx_string("Federal Republic of Germany") },
    { "AL", ngx_string("Republic of Albania") },
    { "ES", ngx_string("Kingdom of Spain") },
    { "MC", ngx_string("Principality of Monaco") },
    { "DE", ngx_string("Deutschland") },
    { "AT", ngx_string("\xc3\x96sterreich") },
    { "ES", ngx_string("Espa\xc3\xb1" "a") },

    /* near to others, but themselves */

    { "GN", ngx_string("Guinea") },
    { "GQ", ngx_string("Equatorial Guinea") },
    { "PG", ngx_string("Papua New Guinea") },
    { "NE", ngx_string("Niger") },
    { "NG", ngx_string("Nigeria") },
    { "DM", ngx_string("Dominica") },
    { "DO", ngx_string("Dominican Republic") },
    { "SD", ngx_string("Republic of the Sudan") },
    { "SS", ngx_string("South Sudan") },
    { "WS", ngx_string("Samoa") },
    { "AS", ngx_string("American Samoa") },
    { "GE", ngx_string("Georgia") },
    { "JE", ngx_string("Jersey") },

    /* nobody's names */

    { NULL, ngx_string("") },
    { NULL, ngx_string(" ") },
    { NULL, ngx_string("the") },
    { NULL, ngx_string("the the") },
    { NULL, ngx_string("&") },
    { NULL, ngx_string("'") },
    { NULL, ngx_string("...") },
    { NULL, ngx_string("\xcc\x81") },
    { NULL, ngx_string("|") },
    { NULL, ngx_string("Republic of") },
    { NULL, ngx_string("Republic of ") },
    { NULL, ngx_string("Republic of Republic of France") },
    { NULL, ngx_string("Kingdom of the Virgin Islands") },
    { NULL, ngx_string("Atlantis") },
    { NULL, ngx_string("Franc") },
    { NULL, ngx_string("Francee") },
    { NULL, ngx_string("France Germany") },
    { NULL, ngx_string("France1") },
    { NULL, ngx_string("France;") },
    { NULL, ngx_string("France\n") },
    { NULL, ngx_string("uae|u a e") },
    { NULL, ngx_string("UAE|") },
    { NULL, ngx_string("Fran\xd7" "ce") },
    { NULL, ngx_string("Fran\xc3\x97" "ce") },
    { NULL, ngx_string("\xce\x95lleni") },
    { NULL, ngx_string("Fr\xd0\xb0nce") },
    { NULL, ngx_string("Kosovo") },
    { NULL, ngx_string("Yugoslavia") },

    /* NUL and what is not UTF-8 */

    { NULL, ngx_string("\0") },
    { NULL, ngx_string("France\0") },
    { NULL, ngx_string("\0France") },
    { NULL, ngx_string("Fra\0nce") },
    { NULL, ngx_string("\xff") },
    { NULL, ngx_string("\x80") },
    { NULL, ngx_string("C\xf4te d'Ivoire") },
    { NULL, ngx_string("Curac\xc3") },
    { NULL, ngx_string("Curacao\xc3") },
    { NULL, ngx_string("Curacao\xe2") },
    { NULL, ngx_string("Curacao\xe2\x80") },
    { NULL, ngx_string("Curacao\xf0\x9f\x98") },
    { NULL, ngx_string("Curacao\xf0\x9f\x98\x80") },
    { NULL, ngx_string("\xc1\x86rance") },
    { NULL, ngx_string("\xe0\x81\x86rance") },
    { NULL, ngx_string("\xed\xa0\x80") },
    { NULL, ngx_string("\xf8\x88\x80\x80\x80") },
};


static pancake_country_case_t  pancake_us_spellings[] = {
    { "CA", ngx_string("california") },
    { "CA", ngx_string(" California ") },
    { "CA", ngx_string("CA") },
    { "CA", ngx_string("ca") },
    { "CA", ngx_string(" Ca ") },
    { "NY", ngx_string("N.Y.") },
    { "NY", ngx_string("New York") },
    { "NY", ngx_string("NEW-YORK") },
    { "HI", ngx_string("Hawai'i") },
    { "HI", ngx_string("Hawai\xca\xbbi") },
    { "DC", ngx_string("D.C.") },
    { "DC", ngx_string("Washington, D.C.") },
    { "DC", ngx_string("Washington DC") },
    { "DC", ngx_string("The District of Columbia") },
    { "WA", ngx_string("Washington") },
    { "VA", ngx_string("Virginia") },
    { "WV", ngx_string("West Virginia") },
    { "VI", ngx_string("Virgin Islands") },
    { "VI", ngx_string("U.S. Virgin Islands") },
    { "PR", ngx_string("Puerto Rico") },
    { "GU", ngx_string("Guam") },
    { "AS", ngx_string("American Samoa") },
    { "MP", ngx_string("Northern Mariana Islands") },
    { "AA", ngx_string("Armed Forces Americas") },
    { "AE", ngx_string("Armed Forces Europe") },
    { "AE", ngx_string("armed forces middle east") },
    { "AP", ngx_string("Armed Forces Pacific") },
    { NULL, ngx_string("Ontario") },
    { NULL, ngx_string("ON") },
    { NULL, ngx_string("ZZ") },
    { NULL, ngx_string("Carolina") },
    { NULL, ngx_string("Dakota") },
    { NULL, ngx_string("") },
    { NULL, ngx_string(" ") },
    { NULL, ngx_string("the") },
    { NULL, ngx_string("C") },
    { NULL, ngx_string("CAL") },
    { NULL, ngx_string("C A L") },
    { NULL, ngx_string("94105") },
    { NULL, ngx_string("CA\0") },
    { NULL, ngx_string("C\xff") },
    { NULL, ngx_string("St") },
};


static pancake_country_case_t  pancake_ca_spellings[] = {
    { "QC", ngx_string("Qu\xc3\xa9" "bec") },
    { "QC", ngx_string("QU\xc3\x89" "BEC") },
    { "QC", ngx_string("Quebec") },
    { "QC", ngx_string("qc") },
    { "ON", ngx_string("Ontario") },
    { "ON", ngx_string("ON") },
    { "BC", ngx_string("B.C.") },
    { "BC", ngx_string("Colombie-Britannique") },
    { "NB", ngx_string("Nouveau-Brunswick") },
    { "NS", ngx_string("Nouvelle-\xc3\x89" "cosse") },
    { "PE", ngx_string("\xc3\x8ele-du-Prince-\xc3\x89" "douard") },
    { "PE", ngx_string("P.E.I.") },
    { "NL", ngx_string("Terre-Neuve-et-Labrador") },
    { "NL", ngx_string("Newfoundland & Labrador") },
    { "NL", ngx_string("Newfoundland") },
    { "NT", ngx_string("Territoires du Nord-Ouest") },
    { "NT", ngx_string("The Northwest Territories") },
    { "NU", ngx_string("Nunavut") },
    { "YT", ngx_string("Yukon Territory") },
    { "YT", ngx_string("Yukon") },
    { NULL, ngx_string("CA") },
    { NULL, ngx_string("California") },
    { NULL, ngx_string("Qu\xe9" "bec") },
    { NULL, ngx_string("Canada") },
};


/* 50 states, the District of Columbia, 5 territories, armed forces' mail */

static const char  pancake_states[] =
    "AK Alaska;AL Alabama;AR Arkansas;AS American Samoa;AZ Arizona;"
    "CA California;CO Colorado;CT Connecticut;DC District of Columbia;"
    "DE Delaware;FL Florida;GA Georgia;GU Guam;HI Hawaii;IA Iowa;ID Idaho;"
    "IL Illinois;IN Indiana;KS Kansas;KY Kentucky;LA Louisiana;"
    "MA Massachusetts;MD Maryland;ME Maine;MI Michigan;MN Minnesota;"
    "MO Missouri;MP Northern Mariana Islands;MS Mississippi;MT Montana;"
    "NC North Carolina;ND North Dakota;NE Nebraska;NH New Hampshire;"
    "NJ New Jersey;NM New Mexico;NV Nevada;NY New York;OH Ohio;OK Oklahoma;"
    "OR Oregon;PA Pennsylvania;PR Puerto Rico;RI Rhode Island;"
    "SC South Carolina;SD South Dakota;TN Tennessee;TX Texas;UT Utah;"
    "VA Virginia;VI Virgin Islands;VT Vermont;WA Washington;WI Wisconsin;"
    "WV West Virginia;WY Wyoming;AA Armed Forces Americas;"
    "AE Armed Forces Europe;AP Armed Forces Pacific;";

/* 10 provinces, 3 territories */

static const char  pancake_provinces[] =
    "AB Alberta;BC British Columbia;MB Manitoba;NB New Brunswick;"
    "NL Newfoundland and Labrador;NS Nova Scotia;NT Northwest Territories;"
    "NU Nunavut;ON Ontario;PE Prince Edward Island;QC Quebec;SK Saskatchewan;"
    "YT Yukon;";


/* asks from heap copies, so that a byte read too far is seen */

static ngx_int_t
pancake_ask(const char *country, const ngx_str_t *name, ngx_str_t *code)
{
    ngx_int_t  rc;
    ngx_str_t  copy, where;

    copy = pancake_copy(name);

    if (country == NULL) {
        rc = pancake_country_code(&copy, code);

    } else {
        where.data = (u_char *) country;
        where.len = strlen(country);

        rc = pancake_state_code(&where, &copy, code);
    }

    pancake_copy_free(&copy);

    return rc;
}


/* 1 when the name has this code; NULL: when it is declined and no more */

static int
pancake_names(const char *country, const ngx_str_t *name, const char *expected)
{
    ngx_int_t  rc;
    ngx_str_t  code;

    ngx_str_set(&code, "as it was");

    rc = pancake_ask(country, name, &code);

    if (expected == NULL) {
        return (rc == NGX_DECLINED && pancake_equal(&code, "as it was"));
    }

    return (rc == NGX_OK && pancake_equal(&code, expected));
}


static void
pancake_shown(const ngx_str_t *name, char *out, size_t size)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < name->len && n + 5 < size; i++) {

        if (name->data[i] >= 0x20 && name->data[i] < 0x7f
            && name->data[i] != '#')
        {
            out[n++] = (char) name->data[i];

        } else {
            n += (size_t) sprintf(out + n, "%%%02x", name->data[i]);
        }
    }

    out[n] = '\0';
}


static void
pancake_test_cases(const char *country, pancake_country_case_t *cases,
    size_t n)
{
    char    shown[512];
    size_t  i;

    for (i = 0; i < n; i++) {
        pancake_shown(&cases[i].name, shown, sizeof(shown));

        pancake_ok(pancake_names(country, &cases[i].name, cases[i].code),
                   "\"%s\" %s%s", shown, cases[i].code ? "is " : "is no name",
                   cases[i].code ? cases[i].code : "");
    }
}


static void
pancake_test_iso(void)
{
    size_t       n;
    u_char       letters[2];
    ngx_str_t    code, name;
    const char  *text;
    ngx_uint_t   wrong, names;

    names = 0;
    wrong = 0;

    for (n = 0; n < 26 * 26; n++) {
        letters[0] = (u_char) ('A' + n / 26);
        letters[1] = (u_char) ('A' + n % 26);

        code.data = letters;
        code.len = 2;

        text = pancake_country_name(&code);

        if ((text != NULL) != (pancake_country_known(&code) == 1)) {
            printf("# a name and no code, or a code and no name: %.2s\n",
                   (char *) letters);
            wrong++;
        }

        if (text == NULL) {
            continue;
        }

        names++;

        name.data = (u_char *) text;
        name.len = strlen(text);

        ngx_str_null(&code);

        pancake_ok(pancake_ask(NULL, &name, &code) == NGX_OK
                   && code.len == 2
                   && ngx_memcmp(code.data, letters, 2) == 0,
                   "%.2s there and back", (char *) letters);
    }

    pancake_ok(wrong == 0, "every code has a name, and no other");
    pancake_ok(names == 249, "249 of them");

    ngx_str_set(&code, "fr");
    pancake_ok(pancake_country_name(&code) == NULL, "a code is in capitals");

    ngx_str_set(&code, "FRA");
    pancake_ok(pancake_country_name(&code) == NULL, "and has two letters");

    code.len = 1;
    pancake_ok(pancake_country_name(&code) == NULL, "not one");

    ngx_str_null(&code);
    pancake_ok(pancake_country_name(&code) == NULL, "not none");

    ngx_str_set(&code, "\xc3\xa9");
    pancake_ok(pancake_country_name(&code) == NULL, "letters, not bytes");
}


/* "list" is "CODE name;" again and again */

static void
pancake_test_list(const char *country, const char *list, ngx_uint_t expected)
{
    char         code[3], small[3];
    ngx_str_t    name;
    ngx_uint_t   names;
    const char  *text;

    names = 0;

    for (text = list; *text != '\0'; text += name.len + 4) {
        ngx_memcpy(code, text, 2);
        code[2] = '\0';

        name.data = (u_char *) text + 3;
        name.len = strcspn(text + 3, ";");

        pancake_ok(pancake_names(country, &name, code), "%s by its name",
                   code);
        names++;

        if (country == NULL) {
            continue;
        }

        name.data = (u_char *) code;
        name.len = 2;

        pancake_ok(pancake_names(country, &name, code), "%s by its code",
                   code);

        small[0] = (char) ngx_tolower(code[0]);
        small[1] = (char) ngx_tolower(code[1]);
        small[2] = '\0';

        name.data = (u_char *) small;

        pancake_ok(pancake_names(country, &name, code), "%s by %s", code,
                   small);

        name.len = strcspn(text + 3, ";");
    }

    pancake_ok(names == expected, "a list of %lu", (unsigned long) expected);
}


/* no two letters are a name: the caller takes them for a code */

static void
pancake_test_two_letters(void)
{
    size_t      n;
    u_char      text[2];
    ngx_str_t   name;
    ngx_uint_t  wrong;

    wrong = 0;

    for (n = 0; n < 65536; n++) {
        text[0] = (u_char) (n >> 8);
        text[1] = (u_char) n;

        name.data = text;
        name.len = 2;

        wrong += !pancake_names(NULL, &name, NULL);
    }

    pancake_ok(wrong == 0, "two bytes are no name");
}


/* how a name of the table is written in four ways, all of them the same */

static ngx_uint_t
pancake_test_name(const char *country, const char *code, const char *text,
    size_t len)
{
    size_t      i;
    u_char      small[256], large[256], wide[256];
    ngx_str_t   name;
    ngx_uint_t  wrong;

    wrong = 0;

    name.data = (u_char *) text;
    name.len = len;

    wrong += !pancake_names(country, &name, code);

    for (i = 0; i < len; i++) {
        small[i] = ngx_tolower(text[i]);
        large[i] = ngx_toupper(text[i]);
    }

    name.data = small;
    wrong += !pancake_names(country, &name, code);

    name.data = large;
    wrong += !pancake_names(country, &name, code);

    ngx_memcpy(wide, " the ", 5);
    ngx_memcpy(wide + 5, text, len);
    ngx_memcpy(wide + 5 + len, ". ", 2);

    name.data = wide;
    name.len = len + 7;
    wrong += !pancake_names(country, &name, code);

    /* a letter more is another name, or none */

    wide[5 + len] = 'q';
    name.len = len + 6;
    wrong += !pancake_names(country, &name, NULL);

    if (wrong != 0) {
        printf("# %s: %.*s\n", code, (int) len, text);
    }

    return wrong;
}


/*
 * A name that is in two rows, or is not in its normal form, does not lead to
 * its own row.
 */

static void
pancake_test_table(const char *title, const char *country,
    const pancake_names_t *names)
{
    size_t                 i, len;
    ngx_str_t              code;
    const char            *text;
    ngx_uint_t             wrong, unsorted, codes, others;
    const pancake_name_t  *row;

    wrong = 0;
    codes = 0;
    others = 0;
    unsorted = 0;

    for (i = 0; i < names->n; i++) {
        row = &names->rows[i];

        if (i != 0 && strcmp(names->rows[i - 1].code, row->code) >= 0) {
            unsorted++;
        }

        wrong += pancake_test_name(country, row->code, row->name,
                                   strlen(row->name));

        if (country != NULL) {
            code.data = (u_char *) row->code;
            code.len = 2;
            codes += !pancake_names(country, &code, row->code);
        }

        for (text = row->others; text != NULL; /* void */ ) {
            len = strcspn(text, "|");

            wrong += (len == 0)
                     + pancake_test_name(country, row->code, text, len);
            others++;

            text = text[len] == '|' ? text + len + 1 : NULL;
        }
    }

    pancake_ok(unsorted == 0, "%s: sorted", title);
    pancake_ok(codes == 0, "%s: codes", title);
    pancake_ok(wrong == 0, "%s: all %lu names and %lu others", title,
               (unsigned long) names->n, (unsigned long) others);
}


static void
pancake_test_other_states(void)
{
    ngx_str_t  name;

    /* the lists, and the outlying islands */

    pancake_ok(pancake_us_states.n == 59 + 1, "no other states");
    pancake_ok(pancake_ca_provinces.n == 13, "no other provinces");

    ngx_str_set(&name, "Bavaria");
    pancake_ok(pancake_names("DE", &name, NULL), "no states of Germany");

    ngx_str_set(&name, "ON");
    pancake_ok(pancake_names("DE", &name, NULL), "no codes of Germany");
    pancake_ok(pancake_names("GB", &name, NULL), "none of another");

    ngx_str_set(&name, "CA");
    pancake_ok(pancake_names("us", &name, NULL), "not for \"us\"");
    pancake_ok(pancake_names("USA", &name, NULL), "not for \"USA\"");
    pancake_ok(pancake_names("U", &name, NULL), "not for \"U\"");
    pancake_ok(pancake_names("", &name, NULL), "not for no country");
}


/* not even an address */

static void
pancake_test_null(void)
{
    ngx_str_t  name, code, where;

    ngx_str_null(&name);
    ngx_str_null(&code);
    ngx_str_set(&where, "US");

    pancake_ok(pancake_country_code(&name, &code) == NGX_DECLINED,
               "no name of a country");
    pancake_ok(pancake_state_code(&where, &name, &code) == NGX_DECLINED,
               "no name of a state");
    pancake_ok(pancake_state_code(&name, &where, &code) == NGX_DECLINED,
               "no country of a state");
    pancake_ok(pancake_country_name(&name) == NULL, "no code");
    pancake_ok(code.data == NULL && code.len == 0, "nothing was written");
}


/* 128 bytes and not one more; what grows does not leave its buffer */

static void
pancake_test_length(void)
{
    size_t              i, len;
    u_char              text[1024];
    ngx_str_t           name;
    ngx_uint_t          wrong, units;
    static const char  *unit[] = {
        "a", " ", "&", "a ", "a&", "st ", "st.", "rep ", "dem ", "the ",
        "the&", "\xc3\x9f", "\xc3\xa6", "\xc5\x93", "\xcc\x81", "\xe1\xbb\x87",
        "'", "\xe2\x80\x99", "dem&", "republic of ", "u s a ", "\xff", "\xc3",
        "\xf0\x9f", NULL
    };

    name.data = text;

    ngx_memset(text, ' ', sizeof(text));
    ngx_memcpy(text + 100, "France", 6);

    name.len = 128;
    pancake_ok(pancake_names(NULL, &name, "FR"), "128 bytes");

    name.len = 129;
    pancake_ok(pancake_names(NULL, &name, NULL), "129 bytes");

    ngx_memcpy(text + 100, "Quebec", 6);

    name.len = 128;
    pancake_ok(pancake_names("CA", &name, "QC"), "128 bytes of a state");

    name.len = 129;
    pancake_ok(pancake_names("CA", &name, NULL), "129 bytes of a state");

    wrong = 0;

    for (units = 0; unit[units] != NULL; units++) {
        len = strlen(unit[units]);

        for (i = 0; i + len <= sizeof(text); i += len) {
            ngx_memcpy(text + i, unit[units], len);
        }

        /* none of them, however often, is a name, but for "u s a" once */

        for (i = 0; i <= 140; i++) {
            name.len = i;
            wrong += !pancake_names("CA", &name, NULL);

            if (strcmp(unit[units], "u s a ") != 0) {
                wrong += !pancake_names(NULL, &name, NULL);
            }
        }

        name.len = sizeof(text);
        wrong += !pancake_names(NULL, &name, NULL);
    }

    pancake_ok(wrong == 0, "the same again and again, of every length");
}


/* every byte at every place of a name, and each name cut short */

static void
pancake_test_bytes(void)
{
    int                     ch;
    size_t                  i, k;
    u_char                  text[128];
    ngx_int_t               rc;
    ngx_str_t               name, code;
    ngx_uint_t              wrong;
    const char             *known;
    static const ngx_str_t  start = ngx_string("St. T\xc3\xa9&\xe1\xbb\x87's");

    wrong = 0;

    for (i = 0; i < start.len; i++) {
        for (ch = 0; ch < 256; ch++) {
            ngx_memcpy(text, start.data, start.len);
            text[i] = (u_char) ch;

            for (k = 0; k <= start.len; k++) {
                name.data = text;
                name.len = k;

                rc = pancake_ask(NULL, &name, &code);
                wrong += (rc != NGX_DECLINED);

                rc = pancake_ask("US", &name, &code);
                wrong += (rc != NGX_DECLINED && rc != NGX_OK);
            }
        }
    }

    pancake_ok(wrong == 0, "any bytes");

    wrong = 0;

    for (i = 0; i < pancake_country_names.n; i++) {
        known = pancake_country_names.rows[i].name;

        for (k = 0; k < strlen(known); k++) {
            name.data = (u_char *) known;
            name.len = k;

            ngx_str_null(&code);
            rc = pancake_ask(NULL, &name, &code);

            wrong += (rc == NGX_OK && !pancake_country_known(&code));
            wrong += (rc != NGX_OK && rc != NGX_DECLINED);
        }
    }

    pancake_ok(wrong == 0, "names cut short");
}


/* letters of two bytes, each in a name that is known without its mark */

static void
pancake_test_letters(void)
{
    char                     text[32];
    size_t                   i, k, at;
    ngx_str_t                name;
    ngx_uint_t               wrong;
    static const char       *marked[] = {
        "\xc3\xa1\xc3\xa2\xc3\xa3\xc3\xa4\xc3\xa5\xc4\x81\xc4\x83\xc4\x85",
        "\xc3\xa7\xc4\x87\xc4\x89\xc4\x8b\xc4\x8d",
        "\xc4\x8f\xc4\x91",
        "\xc3\xa8\xc3\xa9\xc3\xaa\xc3\xab\xc4\x93\xc4\x95\xc4\x97\xc4\x99"
            "\xc4\x9b",
        "\xc4\x9d\xc4\x9f\xc4\xa1\xc4\xa3",
        "\xc3\xac\xc3\xad\xc3\xae\xc3\xaf\xc4\xa9\xc4\xab\xc4\xad\xc4\xaf"
            "\xc4\xb1",
        "\xc4\xba\xc4\xbc\xc4\xbe\xc5\x80\xc5\x82",
        "\xc3\xb1\xc5\x84\xc5\x86\xc5\x88",
        "\xc3\xb2\xc3\xb3\xc3\xb4\xc3\xb5\xc3\xb6\xc3\xb8\xc5\x8d\xc5\x8f"
            "\xc5\x91",
        "\xc5\x95\xc5\x97\xc5\x99",
        "\xc5\x9b\xc5\x9d\xc5\x9f\xc5\xa1",
        "\xc5\xa3\xc5\xa5\xc5\xa7",
        "\xc3\xb9\xc3\xba\xc3\xbb\xc3\xbc\xc5\xa9\xc5\xab\xc5\xad\xc5\xaf"
            "\xc5\xb1\xc5\xb3",
        "\xc3\xbd\xc3\xbf\xc5\xb7",
        "\xc5\xba\xc5\xbc\xc5\xbe",
        NULL
    };
    static const struct {
        const char          *before;
        const char          *after;
        const char          *code;
    } around[] = {
        { "C", "nada", "CA" }, { "", "yprus", "CY" }, { "", "enmark", "DK" },
        { "Y", "men", "YE" }, { "", "reece", "GR" }, { "Ch", "le", "CL" },
        { "Po", "and", "PL" }, { "", "orway", "NO" }, { "T", "go", "TG" },
        { "F", "ance", "FR" }, { "", "pain", "ES" }, { "Mal", "a", "MT" },
        { "Per", "", "PE" }, { "Ital", "", "IT" }, { "Bra", "il", "BR" }
    };

    wrong = 0;

    for (i = 0; marked[i] != NULL; i++) {
        for (k = 0; k < strlen(marked[i]); k += 2) {
            snprintf(text, sizeof(text), "%s%.2s%s", around[i].before,
                     marked[i] + k, around[i].after);

            name.data = (u_char *) text;
            name.len = strlen(text);

            wrong += !pancake_names(NULL, &name, around[i].code);

            /* the capital stands before its small letter, or 32 before */

            at = strlen(around[i].before) + 1;
            text[at] = (char) (text[at] - (text[at - 1] == '\xc3' ? 32 : 1));

            if ((u_char) text[at] < 0x80) {
                /* the one that was the first of its 64 */
                text[at - 1]--;
                text[at] = (char) (text[at] + 64);
            }

            if (strncmp(marked[i] + k, "\xc3\xbf", 2) != 0) {
                wrong += !pancake_names(NULL, &name, around[i].code);
            }
        }
    }

    pancake_ok(wrong == 0, "letters with marks");
}


int
main(void)
{
    pancake_test_iso();
    pancake_test_list(NULL, pancake_iso_names, 249);
    pancake_test_list("US", pancake_states, 59);
    pancake_test_list("CA", pancake_provinces, 13);
    pancake_test_two_letters();

    pancake_test_table("countries", NULL, &pancake_country_names);
    pancake_test_table("states", "US", &pancake_us_states);
    pancake_test_table("provinces", "CA", &pancake_ca_provinces);

    pancake_test_cases(NULL, pancake_spellings,
                       sizeof(pancake_spellings)
                       / sizeof(pancake_spellings[0]));
    pancake_test_cases("US", pancake_us_spellings,
                       sizeof(pancake_us_spellings)
                       / sizeof(pancake_us_spellings[0]));
    pancake_test_cases("CA", pancake_ca_spellings,
                       sizeof(pancake_ca_spellings)
                       / sizeof(pancake_ca_spellings[0]));

    pancake_test_other_states();

    pancake_test_null();
    pancake_test_letters();
    pancake_test_length();
    pancake_test_bytes();

    return pancake_done();
}
